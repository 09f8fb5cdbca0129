using System.Security.Claims;
using System.Text;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Api;

/// <summary>Lets in whoever shows a token, as a Bearer token or as the password of Basic auth (which is what git sends).</summary>
internal static class Authentication
{
    public static void UseTokens(this WebApplication app, Database database) => app.Use(async (context, next) =>
    {
        if (IsOpen(context.Request.Path))
        {
            await next(context);
        }
        else if (TokenOf(context.Request) is { } token && database.Read(db => TokenTable.UserOf(db, token)) is { } user)
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "token"));
            await next(context);
        }
        else
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"MiniPaaS\"";
            await ApiResults.Unauthorized().ExecuteAsync(context);
        }
    });

    // The git hook comes over the socket itself, with the unguessable id of its push; the router refuses these paths. Streams have
    // signed addresses, and the address of a source that was sent here is its password, as with Heroku's. The root certificate, the
    // names of buildpacks and the answers to ACME challenges are public by their nature.
    private static bool IsOpen(PathString path) =>
        path == "/healthz" || path == "/platform/ca.pem" || path.StartsWithSegments("/internal")
        || path.StartsWithSegments(StreamAddresses.Root) || path.StartsWithSegments("/buildpacks")
        || (path.StartsWithSegments(SourceEndpoints.Path, out var source) && source.HasValue)
        || path.Value!.StartsWith(AcmeChallenges.Path, StringComparison.Ordinal);

    private static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return header["Bearer ".Length..].Trim();
        }

        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var encoded = header["Basic ".Length..].Trim();
        var decoded = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, decoded, out var length)
            ? Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2).ElementAtOrDefault(1)
            : null;
    }
}
