using Microsoft.AspNetCore.Connections.Features;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Tells visitors of a router that is about to end to come back on a new connection: its successor has the ports.</summary>
internal sealed class Goodbye
{
    private readonly Func<object, Task> say;
    private volatile bool leaving;

    public Goodbye() => say = SayAsync;

    /// <summary>True once the router was asked to end.</summary>
    public bool Leaving
    {
        get => leaving;
        set => leaving = value;
    }

    /// <summary>Sees to it that the answer tells so, should the router be leaving by then.</summary>
    public void Accompany(HttpContext context) => context.Response.OnStarting(say, context);

    // HTTP/1.1 has a header for it; on an HTTP/2 connection the server says GOAWAY (RFC 9113, 6.8) and goes on with what was begun.
    private Task SayAsync(object state)
    {
        var context = (HttpContext)state;
        if (!leaving || context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return Task.CompletedTask;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
