using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Admin;

/// <summary>Listens on the admin socket. A server of its own: no public request can reach it, and it outlives the public
/// one's drain.</summary>
internal sealed class AdminServer(
    RouterSettings settings, AdminEndpoints endpoints, RequestLog requests, IServiceProvider services, ILoggerFactory logs)
    : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly KestrelServer server = new(
        Options.Create(Configure(settings, services)),
        new SocketTransportFactory(Options.Create(new SocketTransportOptions()), logs),
        logs);

    /// <summary>Listens under another name first: a control plane that met the socket between bind(2) and listen(2) would be refused,
    /// take its router for dead and remove it.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(settings.AdminSocket)!);
        await server.StartAsync(this, cancellationToken);

        // Until here the socket was its owner's alone under any usual umask; this opens it to the group.
        File.SetUnixFileMode(Draft(settings), SocketMode);
        File.Move(Draft(settings), settings.AdminSocket);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        requests.Complete();
        await server.StopAsync(cancellationToken);
        File.Delete(settings.AdminSocket);
    }

    public void Dispose() => server.Dispose();

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context) => endpoints.HandleAsync(context);

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception)
    {
        // The features belong to the connection; the context itself holds nothing.
    }

    private static string Draft(RouterSettings settings) => Path.ChangeExtension(settings.AdminSocket, "new");

    private static KestrelServerOptions Configure(RouterSettings settings, IServiceProvider services)
    {
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        options.Limits.MaxRequestBodySize = null;
        options.ListenUnixSocket(Draft(settings), listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }
}
