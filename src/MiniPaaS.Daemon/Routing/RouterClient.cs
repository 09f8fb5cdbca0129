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

    public RouterClient(string socket)
    {
        Socket = socket;
        var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false };
        http = new HttpClient(handler) { BaseAddress = new Uri("http://router"), Timeout = TimeSpan.FromSeconds(40) };
    }

    public string Socket { get; }

    /// <summary>Instance that has our snapshot, or null before.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Certificates that it was given last, or null before.</summary>
    public CertificateSet? Certificates { get; set; }

    public async Task<RouterStatus> StatusAsync(CancellationToken ct) =>
        (await http.GetFromJsonAsync("/status", ProtocolJson.Default.RouterStatus, ct))!;

    public async Task PutAllAsync(RouteSnapshot snapshot, CancellationToken ct)
    {
        using var answer = await http.PutAsJsonAsync("/routes", snapshot, ProtocolJson.Default.RouteSnapshot, ct);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Replaces the router's certificates.</summary>
    public async Task<CertificateAnswer> PutCertificatesAsync(CertificateSet set, CancellationToken ct)
    {
        using var answer = await http.PutAsJsonAsync("/certificates", set, ProtocolJson.Default.CertificateSet, ct);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return new CertificateAnswer.Unknown();
            case HttpStatusCode.BadRequest:
                return new CertificateAnswer.Refused(await answer.Content.ReadAsStringAsync(ct));
            default:
                answer.EnsureSuccessStatusCode();
                return new CertificateAnswer.Taken();
        }
    }

    /// <summary>False when the router holds a newer version than ours and needs the whole snapshot.</summary>
    public async Task<bool> PutAsync(AppRoute route, CancellationToken ct)
    {
        using var answer = await http.PutAsJsonAsync($"/apps/{route.App}", route, ProtocolJson.Default.AppRoute, ct);
        if (answer.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }

        answer.EnsureSuccessStatusCode();
        return true;
    }

    public async Task DeleteAsync(string app, CancellationToken ct)
    {
        using var answer = await http.DeleteAsync($"/apps/{app}", ct);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Waits until no request holds the target any more, at most for the given time.</summary>
    public async Task<bool> DrainedAsync(string target, TimeSpan wait, CancellationToken ct)
    {
        var uri = $"/targets/{target}/drained?wait={(int)wait.TotalMilliseconds}";
        return (await http.GetFromJsonAsync(uri, ProtocolJson.Default.DrainStatus, ct))!.Drained;
    }

    /// <summary>True when nobody listens on the socket any more: its process is dead.</summary>
    public static bool IsDead(Exception e) =>
        e is HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } };

    /// <summary>True when a living router did not do what it was asked: it refused, broke off, or took too long.</summary>
    public static bool IsTrouble(Exception e, CancellationToken ct) =>
        e is HttpRequestException or JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    public void Dispose() => http.Dispose();

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
