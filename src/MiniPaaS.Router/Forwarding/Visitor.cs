using System.Net;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Who asks, and how he reached us: what the connection shows or, behind a trusted proxy, what that proxy says.</summary>
/// <param name="Address">Address of the client, or null.</param>
/// <param name="Chain">The addresses on the way, the client's first; each was added by whoever it connected to.</param>
/// <param name="Scheme">http or https.</param>
/// <param name="Port">Port that he connected to.</param>
/// <param name="Host">Host that he asked for.</param>
internal readonly record struct Visitor(IPAddress? Address, string Chain, string Scheme, string Port, string Host)
{
    public static Visitor Of(HttpContext context, RouterSettings settings)
    {
        var (request, connection) = (context.Request, context.Connection);
        var peer = connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : connection.RemoteIpAddress;
        var direct = new Visitor(
            peer, peer?.ToString() ?? "", request.Scheme, connection.LocalPort.ToString(), request.Host.Value ?? "");
        return peer is not null && settings.Trusts(peer) ? Told(direct, request.Headers, settings) : direct;
    }

    /// <summary>The scheme that the visitor used, without the rest.</summary>
    public static string SchemeOf(HttpContext context, RouterSettings settings)
        => settings.TrustsAnyone ? Of(context, settings).Scheme : context.Request.Scheme;

    private static Visitor Told(Visitor direct, IHeaderDictionary headers, RouterSettings settings)
    {
        // From the right: every trusted proxy vouches for the address to its left; the first that is no proxy is the client.
        var told = headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var client = direct.Address;
        var vouched = told.Length;
        while (vouched > 0 && settings.Trusts(client!) && IPAddress.TryParse(told[vouched - 1], out var before))
        {
            client = before;
            vouched--;
        }

        var scheme = Last(headers["X-Forwarded-Proto"]).ToLowerInvariant();
        var port = Last(headers["X-Forwarded-Port"]);
        var host = Last(headers["X-Forwarded-Host"]);
        return new Visitor(
            client,
            string.Join(", ", told.Skip(vouched).Append(direct.Chain)),
            scheme is "http" or "https" ? scheme : direct.Scheme,
            ushort.TryParse(port, out _) ? port : direct.Port,
            host.Length > 0 ? host : direct.Host);
    }

    private static string Last(Microsoft.Extensions.Primitives.StringValues values)
    {
        var text = values.ToString();
        return text[(text.LastIndexOf(',') + 1)..].Trim();
    }
}
