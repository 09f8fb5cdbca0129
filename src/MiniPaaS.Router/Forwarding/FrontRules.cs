using Microsoft.AspNetCore.Http.Features;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Forwarding;

/// <summary>What is answered before an app is asked: certificate challenges and the way to HTTPS.</summary>
internal sealed class FrontRules(RouterSettings settings)
{
    private const string ChallengePath = "/.well-known/acme-challenge/";

    /// <summary>Whether a certificate authority asks for a proof (RFC 8555, 8.3), which the control plane has.</summary>
    public bool Challenges(HttpContext context, RoutePolicy policy)
        => policy.AcmeChallenges && context.Request.Path.Value!.StartsWith(ChallengePath, StringComparison.Ordinal);

    /// <summary>Sends a visitor of an HTTPS-only app there; true when that was the answer.</summary>
    public bool Redirect(Exchange exchange)
    {
        var policy = exchange.Slot.Current.Policy;
        var (request, response) = (exchange.Context.Request, exchange.Context.Response);
        if (exchange.Visitor.Scheme == "https")
        {
            if (policy.HstsSeconds > 0)
            {
                exchange.Hsts = $"max-age={policy.HstsSeconds}";
            }

            return false;
        }

        if (!policy.HttpsOnly || settings.HttpsPort is not { } port)
        {
            return false;
        }

        var target = exchange.Context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var host = new HostString(exchange.Visitor.Host).Host;
        response.StatusCode = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
            ? StatusCodes.Status301MovedPermanently
            : StatusCodes.Status308PermanentRedirect;
        response.Headers.Location = $"https://{host}{(port == 443 ? "" : $":{port}")}{(target.StartsWith('/') ? target : "/")}";
        response.ContentLength = 0;
        VisitorHeaders.Sign(response, exchange.Context.TraceIdentifier);
        return true;
    }
}
