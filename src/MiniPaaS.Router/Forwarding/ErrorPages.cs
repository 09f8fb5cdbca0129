using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text;
using MiniPaaS.Protocol;
using MiniPaaS.Router.Reporting;

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

    public static ErrorPage Ambiguous(string reason) => new("bad_request", 400, "The request can be read in more than one way",
        $"It {reason}. Send it without.", 0);

    public static ErrorPage UnknownHost(string host) => new("unknown_host", 404,
        host.Length == 0 ? "The request names no host" : $"No app answers to {host}",
        "Check the spelling. `paas apps` lists the apps there are; `paas create NAME` and a `git push` make a new one.", 0);

    /// <summary>What a visitor of an app is told about a request that was not served.</summary>
    public static ErrorPage Of(ErrorCode error, string app)
    {
        var (id, title, advice) = error.Code switch
        {
            "H10" => ("app_crashed", $"{app} has crashed",
                "It is being restarted. If it is yours, `paas logs` tells why it ended and `paas ps` how it stands."),
            "H11" or "P10" => ("backlog_too_deep", $"{app} has more requests than it can take", "Try again in a few seconds."),
            "H12" => ("app_timeout", $"{app} did not answer in time",
                "If it is yours, `paas logs` tells what it was doing; long work belongs into a worker."),
            "H14" => ("no_web_dynos", $"{app} has no web dyno running",
                "If it is yours: `paas ps` shows its dynos, `paas ps:scale web=1` starts one, and a first `git push` deploys it."),
            "H19" or "H21" => ("app_unreachable", $"{app} takes no connection",
                "Its dynos may be restarting: try again in a few seconds. If it is yours, `paas logs` tells more."),
            "H20" => ("boot_timeout", $"{app} is starting, and takes long",
                "Try again in a few seconds. If it is yours, `paas logs` tells what it is waiting for."),
            "H28" => ("client_idle", "The request was not sent in time", "Nothing more of it came. Send it again."),
            "H80" => ("maintenance", $"{app} is down for maintenance", "It will be back. Try again later."),
            "P29" => ("too_many_requests", $"{app} takes no more requests for a moment", "Wait a second, then go on more slowly."),
            "P40" => ("bad_request", "The request cannot be forwarded", "Its method, its headers or its body are not ones that an app can be sent."),
            "H99" => ("platform_error", "Something went wrong in the router", "It is in the router's log. Try again."),
            _ => ("app_failed", $"{app} broke off its answer", "If it is yours, `paas logs` tells what it was doing."),
        };
        return new ErrorPage(id, error.Status, title, advice, error.RetryAfter);
    }

    /// <summary>
    /// Answers in what the visitor reads: HTML for browsers, JSON for programs that ask for it, else plain text. A page of the
    /// app's own is shown to browsers as Heroku shows it, in a frame: the router itself fetches nothing.
    /// </summary>
    public static Task WriteAsync(HttpContext context, ErrorPage page, string? ownPage = null)
    {
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        var accept = context.Request.Headers.Accept.ToString();
        var (type, body) = accept.Contains("html", StringComparison.OrdinalIgnoreCase)
            ? ("text/html", ownPage is null ? Html(page, context.TraceIdentifier) : Frame(page, ownPage))
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

    private static string Frame(ErrorPage page, string address) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{HtmlEncoder.Default.Encode(page.Title)}}</title>
        <style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100%; display: block }</style>
        </head>
        <body><iframe src="{{HtmlEncoder.Default.Encode(address)}}"></iframe></body>
        </html>

        """;

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
