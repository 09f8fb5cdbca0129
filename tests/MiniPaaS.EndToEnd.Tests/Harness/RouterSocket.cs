using System.Net.Http.Json;
using System.Net.Sockets;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>Looks at what a router has in force, over its admin socket.</summary>
internal static class RouterSocket
{
    /// <summary>The route of an app, or null when the router has none.</summary>
    public static async Task<AppRoute?> RouteAsync(TestApp app)
    {
        var sockets = Directory.GetFiles(Path.Combine(app.Platform.Directory, "run", "routers"), "*.sock");
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Assert.Single(sockets)), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var snapshot = await http.GetFromJsonAsync(new Uri("http://router/routes"), ProtocolJson.Default.RouteSnapshot);
        return snapshot!.Apps.FirstOrDefault(route => route.App == app.Name);
    }
}
