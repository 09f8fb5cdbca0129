using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Routing;

/// <summary>What a router made of a certificate set.</summary>
internal abstract record CertificateAnswer
{
    /// <summary>It presents them.</summary>
    internal sealed record Taken : CertificateAnswer;

    /// <summary>Something is wrong with them, in the router's words; the old set stays in force.</summary>
    internal sealed record Refused(string Reason) : CertificateAnswer;

    /// <summary>It is of a version that knows no certificates.</summary>
    internal sealed record Unknown : CertificateAnswer;
}

/// <summary>Talks to one router process over its admin socket.</summary>
internal sealed class RouterClient : IDisposable
{
    private readonly HttpClient http;

    // No router may hold the others up: one that does not answer in this time is in trouble.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public RouterClient(string socket)
    {
        Socket = socket;
        Trouble = new RouterTrouble(socket);
        var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false };
        http = new HttpClient(handler) { BaseAddress = new Uri("http://router"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Socket { get; }

    /// <summary>Instance that has our snapshot, or null before.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Certificates that it was given last, or null before.</summary>
    public CertificateSet? Certificates { get; set; }

    /// <summary>What it did not do of what it was asked.</summary>
    public RouterTrouble Trouble { get; }

    /// <summary>Name of the router, as its socket has it.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Socket);

    public Task<RouterStatus> StatusAsync(CancellationToken ct) =>
        InTimeAsync(Patience, async token => (await http.GetFromJsonAsync("/status", ProtocolJson.Default.RouterStatus, token))!, ct);

    public Task PutAllAsync(RouteSnapshot snapshot, CancellationToken ct) => InTimeAsync(
        Patience,
        async token =>
        {
            using var answer = await http.PutAsJsonAsync("/routes", snapshot, ProtocolJson.Default.RouteSnapshot, token);
            return answer.IsSuccessStatusCode
                ? true
                : throw new HttpRequestException($"It answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(token)}");
        },
        ct);

    /// <summary>Replaces the router's certificates.</summary>
    public Task<CertificateAnswer> PutCertificatesAsync(CertificateSet set, CancellationToken ct) => InTimeAsync<CertificateAnswer>(
        Patience,
        async token =>
        {
            using var answer = await http.PutAsJsonAsync("/certificates", set, ProtocolJson.Default.CertificateSet, token);
            switch (answer.StatusCode)
            {
                case HttpStatusCode.NotFound:
                    return new CertificateAnswer.Unknown();
                case HttpStatusCode.BadRequest:
                    return new CertificateAnswer.Refused(await answer.Content.ReadAsStringAsync(token));
                default:
                    answer.EnsureSuccessStatusCode();
                    return new CertificateAnswer.Taken();
            }
        },
        ct);

    /// <summary>False when the router holds a newer version than ours and needs the whole snapshot.</summary>
    public Task<bool> PutAsync(AppRoute route, CancellationToken ct) => InTimeAsync(
        Patience,
        async token =>
        {
            using var answer = await http.PutAsJsonAsync($"/apps/{route.App}", route, ProtocolJson.Default.AppRoute, token);
            if (answer.StatusCode == HttpStatusCode.Conflict)
            {
                return false;
            }

            answer.EnsureSuccessStatusCode();
            return true;
        },
        ct);

    public Task DeleteAsync(string app, CancellationToken ct) => InTimeAsync(
        Patience,
        async token =>
        {
            using var answer = await http.DeleteAsync($"/apps/{app}", token);
            if (answer.StatusCode != HttpStatusCode.NotFound)
            {
                answer.EnsureSuccessStatusCode();
            }

            return true;
        },
        ct);

    /// <summary>Waits until no request holds the target any more, at most for the given time.</summary>
    public Task<bool> DrainedAsync(string target, TimeSpan wait, CancellationToken ct) => InTimeAsync(
        wait + Patience,
        async token => (await http.GetFromJsonAsync(
            $"/targets/{target}/drained?wait={(int)wait.TotalMilliseconds}", ProtocolJson.Default.DrainStatus, token))!.Drained,
        ct);

    /// <summary>The router's metrics in Prometheus' text format.</summary>
    public Task<string> MetricsAsync(CancellationToken ct) => InTimeAsync(Patience, token => http.GetStringAsync("/metrics", token), ct);

    /// <summary>Opens the router's request log, which ends when the router does; the caller disposes of the stream.</summary>
    public Task<Stream> LogAsync(CancellationToken ct) => InTimeAsync(Patience, token => http.GetStreamAsync("/log", token), ct);

    /// <summary>True when nobody listens on the socket any more: its process is dead.</summary>
    public static bool IsDead(Exception e) =>
        e is HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } };

    /// <summary>True when a living router did not do what it was asked: it refused, broke off, or took too long.</summary>
    public static bool IsTrouble(Exception e, CancellationToken ct) =>
        e is HttpRequestException or IOException or JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    public void Dispose() => http.Dispose();

    private static async Task<T> InTimeAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limit);
        try
        {
            return await ask(deadline.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"It did not answer within {limit.TotalSeconds:0} s.", e);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
