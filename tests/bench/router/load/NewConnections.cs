using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace MiniPaaS.Bench.Load;

/// <summary>A connection of its own for every request, TLS without resumption where asked for. Prints
/// <c>requests failed per-second p50-ms p99-ms</c>; a time includes connecting and the whole answer.</summary>
internal sealed class NewConnections(bool tls, int port, string path)
{
    private readonly byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: shop.localhost:{port}\r\nConnection: close\r\n\r\n");
    private readonly Samples times = new();
    private int failed;

    /// <summary>At a fixed rate, whether or not earlier ones were answered: times count from when a request was due.</summary>
    public async Task OpenAsync(int rate, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        var pending = new List<Task>();
        for (var number = 0; number < rate * duration.TotalSeconds; number++)
        {
            var due = TimeSpan.FromSeconds((double)number / rate);
            if (due - Stopwatch.GetElapsedTime(start) is { TotalMilliseconds: > 1 } early)
            {
                await Task.Delay(early);
            }

            pending.Add(VisitAsync(start + (long)(due.TotalSeconds * Stopwatch.Frequency)));
        }

        await Task.WhenAll(pending);
        Print(Stopwatch.GetElapsedTime(start));
    }

    /// <summary>As fast as so many clients can, each with one request at a time.</summary>
    public async Task ClosedAsync(int clients, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                await VisitAsync(Stopwatch.GetTimestamp());
            }
        }));
        Print(Stopwatch.GetElapsedTime(start));
    }

    private void Print(TimeSpan taken)
        => Console.WriteLine(FormattableString.Invariant(
            $"{times.Count} {failed} {times.Count / taken.TotalSeconds:0} {times.Percentile(0.5)} {times.Percentile(0.99)}"));

    private async Task VisitAsync(long due)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await using var plain = new NetworkStream(socket);
            await using var stream = tls ? await SecureAsync(plain) : plain;
            await stream.WriteAsync(request);
            if (await IsWholeAsync(stream))
            {
                times.Add(Stopwatch.GetElapsedTime(due));
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or AuthenticationException)
        {
            // Counted like an answer that is not one.
        }

        Interlocked.Increment(ref failed);
    }

    private static async Task<Stream> SecureAsync(Stream plain)
    {
        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "shop.localhost",
            AllowTlsResume = false,

            // The benchmark's own certificate, over loopback.
#pragma warning disable CA5359
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        return secure;
    }

    // All answers end with a line break after about a hundred bytes of body.
    private static async Task<bool> IsWholeAsync(Stream stream)
    {
        var buffer = new byte[4096];
        var count = 0;
        int read;
        while (count < buffer.Length && (read = await stream.ReadAsync(buffer.AsMemory(count))) > 0)
        {
            count += read;
        }

        return buffer.AsSpan(0, count).StartsWith("HTTP/1.1 200 "u8) && buffer.AsSpan(0, count).EndsWith("the end.\n"u8);
    }
}
