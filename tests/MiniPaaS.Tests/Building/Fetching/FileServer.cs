using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Tests.Building.Fetching;

/// <summary>A web server with a few files.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly HttpListener listener = new();

    public FileServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        listener.Prefixes.Add(Url + "/");
        listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Contents by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Where else a path is.</summary>
    public ConcurrentDictionary<string, string> Redirects { get; } = new();

    /// <summary>Paths that were asked for.</summary>
    public ConcurrentBag<string> Seen { get; } = [];

    public void Dispose() => listener.Close();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                var path = context.Request.Url!.AbsolutePath;
                Seen.Add(path);
                if (Redirects.TryGetValue(path, out var other))
                {
                    context.Response.Redirect(other);
                }
                else if (Files.TryGetValue(path, out var content))
                {
                    await context.Response.OutputStream.WriteAsync(content);
                }
                else
                {
                    context.Response.StatusCode = 404;
                }

                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The client has gone, or the server is being closed.
            }
        }
    }
}
