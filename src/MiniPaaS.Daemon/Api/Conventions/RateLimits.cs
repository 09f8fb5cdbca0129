using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>
/// How many requests a token has left: a bucket that holds an hour's worth and is filled evenly, as Heroku's. Every answer says how much
/// is in it (RateLimit-Remaining).
/// </summary>
/// <param name="perHour">Requests an hour; 0 for no limit.</param>
/// <param name="time">The time.</param>
internal sealed class RateLimits(int perHour, TimeProvider time)
{
    public const string Header = "RateLimit-Remaining";

    private const int MostBuckets = 10_000;

    private readonly ConcurrentDictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one request of a token; false when it has none left.</summary>
    public (bool Granted, int Remaining, TimeSpan Wait) Take(string token)
    {
        var now = time.GetUtcNow();
        if (buckets.Count > MostBuckets)
        {
            foreach (var (key, old) in buckets.Where(one => one.Value.IsFull(now, perHour)))
            {
                buckets.TryRemove(new(key, old));
            }
        }

        return buckets.GetOrAdd(token, _ => new Bucket(now, perHour)).Take(now, perHour);
    }

    /// <summary>Counts the requests of everybody who has shown a token; git's are not counted.</summary>
    public void Use(WebApplication app)
    {
        if (perHour > 0)
        {
            app.Use(CountAsync);
        }
    }

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (context.User.Identity?.IsAuthenticated != true || context.Request.Path.Value!.Contains(".git/", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        var token = SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()));
        var (granted, remaining, wait) = Take(Convert.ToHexString(token));
        context.Response.Headers[Header] = remaining.ToString(CultureInfo.InvariantCulture);
        if (granted)
        {
            await next(context);
            return;
        }

        context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        await ApiResults.Error(
            StatusCodes.Status429TooManyRequests,
            "rate_limit",
            $"This token has used up its {perHour} requests an hour; the next is possible in {Math.Ceiling(wait.TotalSeconds):0} s.").ExecuteAsync(context);
    }

    private sealed class Bucket(DateTimeOffset made, int full)
    {
        private readonly Lock gate = new();
        private double left = full;
        private DateTimeOffset filled = made;

        public (bool Granted, int Remaining, TimeSpan Wait) Take(DateTimeOffset now, int perHour)
        {
            lock (gate)
            {
                Fill(now, perHour);
                if (left < 1)
                {
                    return (false, 0, TimeSpan.FromHours((1 - left) / perHour));
                }

                left--;
                return (true, (int)left, TimeSpan.Zero);
            }
        }

        public bool IsFull(DateTimeOffset now, int perHour)
        {
            lock (gate)
            {
                Fill(now, perHour);
                return left >= perHour;
            }
        }

        private void Fill(DateTimeOffset now, int perHour)
        {
            left = Math.Min(perHour, left + (Math.Max(0, (now - filled).TotalHours) * perHour));
            filled = now;
        }
    }
}
