using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>Sends requests to one server and turns every way to fail into a message that says what to do.</summary>
internal sealed class ApiTransport : IDisposable
{
    /// <summary>Longest wait for the head of an answer; longer than the longest time the server holds one back.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);

    private readonly ServerAddress _server;
    private readonly HttpClient _http;

    /// <param name="server">Where requests go.</param>
    /// <param name="token">Shown with every request; null for what is public.</param>
    public ApiTransport(ServerAddress server, string? token)
    {
        _server = server;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = LocalConnector.ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A proxy cannot reach this machine's loopback addresses, nor may a redirect carry the token elsewhere.
            UseProxy = !server.IsLocal,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { BaseAddress = server.Uri, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("paas", VersionText.Number));
        _http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/vnd.heroku+json; version=3"));
    }

    /// <summary>Sends one request; the time limit is for the answer's head only. An answer other than 2xx becomes an exception.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, TimeSpan timeout, CancellationToken cancellation) =>
        SendAsync(method, path, content, range: null, timeout, cancellation);

    /// <summary>Sends a request for a part of a list.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, string? range, TimeSpan timeout, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (range is not null)
        {
            // Not the ranges of bytes that HTTP knows.
            request.Headers.TryAddWithoutValidation("Range", range);
        }
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            using (response)
            {
                throw await RefusalAsync(response, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ServerUnreachableException($"{_server} did not answer within {timeout.TotalSeconds:0} s. Try again, or look at the server's log.");
        }
        catch (HttpRequestException exception)
        {
            throw new ServerUnreachableException(Unreachable(exception));
        }
    }

    /// <summary>Reads an answer's JSON.</summary>
    public async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            return await JsonSerializer.DeserializeAsync(body, type, cancellation) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw new PaasException(NotOurs(response.StatusCode));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ServerUnreachableException($"{_server} broke off its answer ({exception.Message.TrimEnd('.')}). Try again.");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<PaasException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var error = await ReadErrorAsync(response, cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new PaasException(
                $"{_server} refused the token: it is unknown or no longer valid. Run `paas login` with a current one."),
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout when error is null =>
                new ServerUnreachableException(
                    $"The control plane behind {_server} is not running (HTTP {(int)response.StatusCode}). Start it on the server, or look at its log."),
            _ => new PaasException(error?.Message ?? NotOurs(response.StatusCode)),
        };
    }

    private static async Task<ApiError?> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var error = await JsonSerializer.DeserializeAsync(body, ProtocolJson.Default.ApiError, cancellation);
            return string.IsNullOrEmpty(error?.Message) ? null : error;
        }
        catch (Exception exception) when (exception is JsonException or IOException or HttpRequestException)
        {
            return null;
        }
    }

    private string NotOurs(HttpStatusCode status) =>
        $"{_server} answered HTTP {(int)status} in a form that MiniPaaS does not use. Is it the address of a control plane? " +
        "Set another one with `paas login --server URL` or PAAS_SERVER.";

    private string Unreachable(HttpRequestException exception)
    {
        var reason = exception.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its name is not known to DNS",
            HttpRequestError.SecureConnectionError => "no TLS connection: " + (exception.InnerException ?? exception).Message.TrimEnd('.'),
            _ => (exception.InnerException ?? exception).Message.TrimEnd('.'),
        };
        return $"Cannot reach {_server}: {reason}. Check that MiniPaaS runs there, or name another server with " +
            "`paas login --server URL` or PAAS_SERVER.";
    }
}
