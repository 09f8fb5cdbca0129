using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Forwarding;

/// <summary>An answer that the router gives itself.</summary>
/// <param name="Id">Stable word for programs.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What happened.</param>
/// <param name="Advice">What to do next.</param>
/// <param name="RetryAfter">Seconds after which trying again makes sense, or 0.</param>
internal sealed record ErrorPage(string Id, int Status, string Title, string Advice, int RetryAfter);

/// <summary>The pages that visitors see when no app answers them.</summary>
internal static class ErrorPages
{
    public static readonly ErrorPage Starting = new("starting", 503, "The router is starting",
        "It has not been told yet which apps there are. Try again in a few seconds.", 2);

    public static readonly ErrorPage ControlPlaneDown = new("control_plane_unreachable", 503, "The control plane does not answer",
        "Apps are served all the same. See that paasd is running and read its log, then try again.", 5);

    public static readonly ErrorPage NotPublic = new("not_found", 404, "Not found", "This address is not public.", 0);

    public static readonly ErrorPage NotForwardable = new("bad_request", 400, "The request cannot be forwarded",
        "Its method or its headers are not ones that an app can be sent.", 0);

    public static ErrorPage UnknownHost(string host) => new("unknown_host", 404,
        host.Length == 0 ? "The request names no host" : $"No app answers to {host}",
        "Check the spelling. `paas apps` lists the apps there are; `paas create NAME` and a `git push` make a new one.", 0);

    public static ErrorPage NoDynos(string app) => new("no_web_dynos", 503, $"{app} has no web dyno running",
        "If it is yours: `paas ps` shows its dynos, `paas ps:scale web=1` starts one, and a first `git push` deploys it.", 5);

    public static ErrorPage Maintenance(string app) => new("maintenance", 503, $"{app} is down for maintenance",
        "It will be back. Try again later.", 60);

    public static ErrorPage NotReachable(string app) => new("app_unreachable", 503, $"{app} takes no connection",
        "Its dynos may be restarting: try again in a few seconds. If it is yours, `paas logs` tells more.", 5);

    public static ErrorPage BrokenAnswer(string app) => new("app_failed", 502, $"{app} broke off its answer",
        "If it is yours, `paas logs` tells what it was doing.", 0);

    public static ErrorPage TooSlow(string app) => new("app_timeout", 504, $"{app} did not answer in time",
        "If it is yours, `paas logs` tells what it was doing; long work belongs into a worker.", 0);

    /// <summary>Answers in what the visitor reads: HTML for browsers, JSON for programs that ask for it, else plain text.</summary>
    public static Task WriteAsync(HttpContext context, ErrorPage page)
    {
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        var accept = context.Request.Headers.Accept.ToString();
        var (type, body) = accept.Contains("html", StringComparison.OrdinalIgnoreCase) ? ("text/html", Html(page, context.TraceIdentifier))
            : accept.Contains("json", StringComparison.OrdinalIgnoreCase) ? ("application/json", Json(page))
            : ("text/plain", $"{page.Title}.\n{page.Advice}\n");

        var response = context.Response;
        response.Clear();
        response.StatusCode = page.Status;
        response.ContentType = $"{type}; charset=utf-8";
        response.ContentLength = Encoding.UTF8.GetByteCount(body);
        response.Headers.CacheControl = "no-store";
        VisitorHeaders.Sign(response, context.TraceIdentifier);
        if (page.RetryAfter > 0)
        {
            response.Headers.RetryAfter = page.RetryAfter.ToString();
        }

        return response.WriteAsync(body, context.RequestAborted);
    }

    private static string Json(ErrorPage page)
        => JsonSerializer.Serialize(new ApiError(page.Id, $"{page.Title}. {page.Advice}"), ProtocolJson.Default.ApiError);

    private static string Html(ErrorPage page, string requestId)
    {
        var title = HtmlEncoder.Default.Encode(page.Title);
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>{{title}}</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 15vh auto; padding: 0 1em; color: #222; background: #fff }
            h1 { font-size: 1.5em; overflow-wrap: anywhere }
            footer { color: #777; font-size: .8em }
            @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } }
            </style>
            </head>
            <body>
            <h1>{{title}}</h1>
            <p>{{HtmlEncoder.Default.Encode(page.Advice)}}</p>
            <footer>{{page.Status}} &middot; {{HtmlEncoder.Default.Encode(requestId)}}</footer>
            </body>
            </html>

            """;
    }
}
