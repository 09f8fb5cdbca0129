using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>
/// An answer in JSON. One to a GET has an ETag, by which a client that has it already is answered with 304 (RFC 9110, 13.1.2); a part of
/// a list is answered with 206 and what to ask for next.
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status) : IResult
{
    /// <summary>Range of what comes after this part of a list, or null.</summary>
    public string? NextRange { get; init; }

    /// <summary>What the list can be ordered by, or null for what is no list.</summary>
    public string? AcceptRanges { get; init; }

    /// <summary>Range of this part of a list, or null.</summary>
    public string? ContentRange { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        response.StatusCode = NextRange is null ? status : StatusCodes.Status206PartialContent;
        AddRanges(response.Headers);
        if (HttpMethods.IsGet(request.Method) && status == StatusCodes.Status200OK)
        {
            var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\"";
            response.Headers.ETag = tag;
            response.Headers.CacheControl = "private, no-cache";
            if (Matches(request.Headers.IfNoneMatch.ToString(), tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private void AddRanges(IHeaderDictionary headers)
    {
        if (AcceptRanges is not null)
        {
            headers.AcceptRanges = AcceptRanges;
        }

        if (ContentRange is not null)
        {
            headers.ContentRange = ContentRange;
        }

        if (NextRange is not null)
        {
            headers["Next-Range"] = NextRange;
        }
    }

    private static bool Matches(string wanted, string tag) =>
        wanted.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Any(one => one == "*" || one == tag || one == $"W/{tag}");
}
