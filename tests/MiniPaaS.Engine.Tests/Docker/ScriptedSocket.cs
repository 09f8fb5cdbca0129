using System.Net.Sockets;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

/// <summary>A socket that says what a real engine says only in rare moments: each request line is answered with the bytes given for it.</summary>
internal sealed class ScriptedSocket : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _version;

    /// <param name="answer">Request line to bytes; an answer of status 101 keeps its connection, every other closes it.</param>
    /// <param name="oldest">Oldest API version that this engine accepts.</param>
    public ScriptedSocket(Func<string, string> answer, string oldest = "1.12")
    {
        _version = $"{{\"Version\":\"x\",\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"{oldest}\"}}";
        var path = Path.Combine(_directory.Path, "docker.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Engine = new DockerClient(path);
        _ = AcceptAsync(answer);
    }

    public DockerClient Engine { get; }

    public static string Json(string body) => $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public void Dispose()
    {
        _stop.Cancel();
        Engine.Dispose();
        _listener.Dispose();
        _directory.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<string, string> answer)
    {
        while (!_stop.IsCancellationRequested)
            _ = ServeAsync(await _listener.AcceptAsync(_stop.Token), answer);
    }

    private async Task ServeAsync(Socket connection, Func<string, string> answer)
    {
        using (connection)
        {
            var request = new byte[4096];
            var length = await connection.ReceiveAsync(request, _stop.Token);
            var line = Encoding.ASCII.GetString(request, 0, length).Split("\r\n")[0];
            // What every client asks first is no part of the script.
            var text = line.StartsWith("GET /version ", StringComparison.Ordinal) ? Json(_version) : answer(line);
            await connection.SendAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
            if (!text.Contains(" 101 "))
                connection.Shutdown(SocketShutdown.Send);
            while (await connection.ReceiveAsync(request, _stop.Token) > 0)
            {
            }
        }
    }
}
