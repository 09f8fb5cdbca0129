using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;

namespace MiniPaaS.Daemon.Draining;

/// <summary>The receiver has refused lines for good: they need not be sent again.</summary>
internal sealed class DrainRefusedException(string message) : IOException(message);

/// <summary>Sends lines to one receiver.</summary>
internal abstract class DrainSender : IDisposable
{
    public static DrainSender To(DrainAddress address, string token, DrainSocket socket) =>
        address.IsHttp ? new HttpDrainSender(address, token, socket) : new SyslogDrainSender(address, token, socket);

    /// <summary>Sends lines.</summary>
    /// <exception cref="DrainRefusedException">The receiver does not want them.</exception>
    /// <exception cref="IOException">They were not sent, or not taken; the message says why.</exception>
    public abstract Task SendAsync(IReadOnlyList<string> lines, CancellationToken ct);

    public abstract void Dispose();
}

/// <summary>Posts lines as Heroku's Logplex does.</summary>
internal sealed class HttpDrainSender : DrainSender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DrainAddress address;
    private readonly string token;
    private readonly HttpClient http;

    public HttpDrainSender(DrainAddress address, string token, DrainSocket socket)
    {
        (this.address, this.token) = (address, token);
        http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = async (context, ct) => await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct),
        })
        {
            Timeout = Patience,
        };
    }

    public override async Task SendAsync(IReadOnlyList<string> lines, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address.Url) { Content = new ByteArrayContent(SyslogFrames.Logplex(lines)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/logplex-1");
        request.Headers.TryAddWithoutValidation("Logplex-Msg-Count", lines.Count.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("Logplex-Frame-Id", Guid.NewGuid().ToString("N").ToUpperInvariant());
        request.Headers.TryAddWithoutValidation("Logplex-Drain-Token", token);
        request.Headers.TryAddWithoutValidation("User-Agent", $"MiniPaaS/{ProductVersion.Text}");
        if (address.Authorization is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            Judge(answer.StatusCode);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"it did not answer within {Patience.TotalSeconds:0} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException((e.InnerException ?? e).Message, e);
        }
    }

    public override void Dispose() => http.Dispose();

    private static void Judge(HttpStatusCode status)
    {
        switch ((int)status)
        {
            case >= 200 and < 300:
                return;
            case 408 or 429 or >= 500:
                throw new IOException($"it answered {(int)status}");
            default:
                throw new DrainRefusedException($"it answered {(int)status}");
        }
    }
}

/// <summary>Sends lines over one TCP connection, with TLS (RFC 5425) or without.</summary>
internal sealed class SyslogDrainSender(DrainAddress address, string token, DrainSocket socket) : DrainSender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Stream? connection;

    public override async Task SendAsync(IReadOnlyList<string> lines, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            connection ??= await ConnectAsync(patience.Token);
            await connection.WriteAsync(SyslogFrames.Syslog(lines, token), patience.Token);
            await connection.FlushAsync(patience.Token);
        }
        catch (Exception e)
        {
            Dispose();
            throw e switch
            {
                System.Security.Authentication.AuthenticationException => new IOException($"its certificate is not trusted: {e.Message}", e),
                OperationCanceledException when !ct.IsCancellationRequested => new IOException($"it took nothing for {Patience.TotalSeconds:0} s", e),
                _ => e,
            };
        }
    }

    public override void Dispose()
    {
        connection?.Dispose();
        connection = null;
    }

    private async Task<Stream> ConnectAsync(CancellationToken ct)
    {
        var plain = await socket.ConnectAsync(address.Url.DnsSafeHost, address.Port, ct);
        if (!address.IsTls)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Url.DnsSafeHost }, ct);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
