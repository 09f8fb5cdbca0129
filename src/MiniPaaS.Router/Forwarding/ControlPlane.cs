using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using MiniPaaS.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace MiniPaaS.Router.Forwarding;

/// <summary>Passes the control hosts on to the control plane's unix socket: its API and git.</summary>
internal sealed class ControlPlane(RouterSettings settings, Upstream upstream, ILogger<ControlPlane> log) : IDisposable
{
    // A build inside a git push may say nothing for minutes.
    private static readonly ForwarderRequestConfig ToControlPlane = new()
    {
        ActivityTimeout = TimeSpan.FromHours(1),
        Version = HttpVersion.Version11,
    };

    private readonly Target daemon = new("paasd", "paasd", new UnixDomainSocketEndPoint(settings.ControlSocket));
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> names = FrozenSet
        .Create(StringComparer.OrdinalIgnoreCase, $"paas.{settings.Domain}", "localhost", Environment.MachineName, Dns.GetHostName())
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The control names of this machine, and any bare address: an app is always asked for by name.</summary>
    public bool AnswersTo(ReadOnlySpan<char> host) => names.Contains(host) || IPAddress.TryParse(host, out _);

    public async Task HandleAsync(HttpContext context)
    {
        if (IsInternal(context.Request.Path))
        {
            await ErrorPages.WriteAsync(context, ErrorPages.NotPublic);
            return;
        }

        var error = await upstream.SendAsync(context, daemon, ToControlPlane);
        if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var reason = Upstream.Failure(context)?.GetBaseException().Message ?? error.ToString();
        log.ControlPlaneUnreachable(settings.ControlSocket, reason);
        await ErrorPages.WriteAsync(context, ErrorPages.ControlPlaneDown);
    }

    public void Dispose() => daemon.Dispose();

    // For the git hooks of this machine, which use the socket itself. The path is decoded here exactly as the control plane decodes it.
    private static bool IsInternal(PathString path)
    {
        var first = path.Value.AsSpan().TrimStart('/');
        return first.StartsWith("internal", StringComparison.OrdinalIgnoreCase) && (first.Length == 8 || first[8] == '/');
    }
}
