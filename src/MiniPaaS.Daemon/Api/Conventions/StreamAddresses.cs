using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Extensions;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>
/// Addresses that carry their own permission, since clients fetch streams without their token: path and query are signed
/// (HMAC-SHA256), and good until the end of the next day.
/// </summary>
internal sealed class StreamAddresses(Database database, TimeProvider time)
{
    /// <summary>Below it, the signature is all that lets anybody in.</summary>
    public const string Root = "/streams";

    private readonly byte[] key = database.Read(db => SecretTable.Get(db, SecretTable.Streams));

    /// <summary>An address on the host that the client has asked.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="path">What to add to <see cref="Root"/>.</param>
    /// <param name="query">What the stream is to be like.</param>
    public string Of(HttpRequest request, string path, params IEnumerable<KeyValuePair<string, string>> query)
    {
        // The same address for a day: what is shown of a release does not change with every look.
        var expires = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date.AddDays(2), TimeSpan.Zero).ToUnixTimeSeconds();
        var target = Root + path + new QueryBuilder([.. query, new("expires", expires.ToString(CultureInfo.InvariantCulture))]);
        return $"{BaseOf(request)}{target}&signature={Sign(target)}";
    }

    /// <summary>Scheme and host as the client sees them.</summary>
    public static string BaseOf(HttpRequest request) =>
        $"{(request.Headers["X-Forwarded-Proto"] == "https" ? "https" : "http")}://{request.Host}";

    /// <summary>True when the address is one that was given, and not too old.</summary>
    public bool IsValid(HttpRequest request)
    {
        var target = request.Path + request.QueryString.Value;
        var at = target.LastIndexOf("&signature=", StringComparison.Ordinal);
        return at >= 0
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(target[(at + 11)..]), Encoding.ASCII.GetBytes(Sign(target[..at])))
            && long.TryParse(request.Query["expires"], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            && time.GetUtcNow().ToUnixTimeSeconds() < expires;
    }

    private string Sign(string target) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(target)));
}
