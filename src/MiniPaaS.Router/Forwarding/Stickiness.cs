using MiniPaaS.Protocol;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Forwarding;

/// <summary>
/// What a visitor's cookies decide: which dyno (session affinity), and on which side of a canary he is. The canary's cookie
/// holds a number drawn once, so that a growing percentage only adds visitors and never sends one back.
/// </summary>
internal static class Stickiness
{
    private const string AffinityCookie = "paas-affinity";
    private const string CanaryCookie = "paas-canary";
    private const int Tickets = 10_000;

    /// <summary>The dyno for this visitor; null when there is none that was not tried.</summary>
    public static Target? Pick(Exchange exchange, LiveRoute live)
    {
        var known = live.Policy.SessionAffinity ? exchange.Context.Request.Cookies[AffinityCookie] : null;
        return live.Route.Split is { } split && !live.Canary.IsEmpty && DrawOf(exchange, split) < split.Percent * (Tickets / 100)
            && LiveRoute.Pick(live.Canary, known, exchange.Tried) is { } canary
            ? canary
            : LiveRoute.Pick(live.Targets, known, exchange.Tried);
    }

    /// <summary>Sets the cookies that the visitor lacks on the answer.</summary>
    public static void Remember(Exchange exchange)
    {
        if (exchange.Draw is { } draw)
        {
            Set(exchange, CanaryCookie, draw);
        }

        if (exchange.Slot.Current.Policy.SessionAffinity
            && exchange.Context.Request.Cookies[AffinityCookie] != exchange.Target!.Ticket)
        {
            Set(exchange, AffinityCookie, exchange.Target.Ticket);
        }
    }

    // The number is bound to the release: the next canary draws anew.
    private static int DrawOf(Exchange exchange, RouteSplit split)
    {
        var cookie = (exchange.Draw ?? exchange.Context.Request.Cookies[CanaryCookie])?.Split('.');
        if (cookie is [var release, var number] && release == $"{split.Release}" && int.TryParse(number, out var drawn) && drawn is >= 0 and < Tickets)
        {
            return drawn;
        }

        drawn = Random.Shared.Next(Tickets);
        exchange.Draw = $"{split.Release}.{drawn}";
        return drawn;
    }

    private static void Set(Exchange exchange, string name, string value)
    {
        var secure = exchange.Visitor.Scheme == "https" ? "; Secure" : "";
        exchange.Context.Response.Headers.Append("Set-Cookie", $"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}");
    }
}
