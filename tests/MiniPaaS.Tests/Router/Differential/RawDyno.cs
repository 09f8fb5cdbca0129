using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.Tests.Router.Differential;

/// <summary>An app that answers every request with the same bytes and remembers the bytes that it got.</summary>
internal sealed class RawDyno : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly List<string> seen = [];
    private readonly byte[] answer;
    private readonly Task accepting;

    public RawDyno(string answer)
    {
        this.answer = Encoding.Latin1.GetBytes(answer);
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Address => listener.LocalEndpoint.ToString()!;

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The requests so far, each from its first byte to its last.</summary>
    public string[] Seen
    {
        get
        {
            lock (seen)
            {
                return [.. seen];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptSocketAsync(stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            while (await ReadAsync(stream, "\r\n\r\n", "") is { Length: > 0 } head)
            {
                var request = head + await BodyAsync(stream, head);
                lock (seen)
                {
                    seen.Add(request);
                }

                await stream.WriteAsync(answer, stop.Token);
                if (Encoding.Latin1.GetString(answer).Contains("Connection: close", StringComparison.Ordinal)
                    || head.Contains("HTTP/1.0\r\n", StringComparison.Ordinal)
                    || head.Contains("connection: close", StringComparison.OrdinalIgnoreCase))
                {
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // Whoever asked is gone.
        }
    }

    private async Task<string> BodyAsync(NetworkStream stream, string head)
    {
        if (head.Contains("expect: 100-continue", StringComparison.OrdinalIgnoreCase))
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), stop.Token);
        }

        if (head.Contains("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            var body = "";
            do
            {
                body += await ReadAsync(stream, "\r\n", "");
            }
            while (!body.EndsWith("\r\n\r\n", StringComparison.Ordinal) || !(body.StartsWith('0') || body.Contains("\r\n0", StringComparison.Ordinal)));
            return body;
        }

        var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        var left = length is null ? 0 : int.Parse(length[15..]);
        var buffer = new byte[left];
        await stream.ReadExactlyAsync(buffer, stop.Token);
        return Encoding.Latin1.GetString(buffer);
    }

    // Byte by byte: what follows belongs to the next reader.
    private async Task<string> ReadAsync(NetworkStream stream, string end, string heard)
    {
        var text = new StringBuilder(heard);
        var one = new byte[1];
        while (await stream.ReadAsync(one, stop.Token) == 1)
        {
            text.Append((char)one[0]);
            if (text.Length >= end.Length && text.ToString(text.Length - end.Length, end.Length) == end)
            {
                break;
            }
        }

        return text.ToString();
    }
}
