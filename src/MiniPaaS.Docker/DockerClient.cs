using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MiniPaaS.Docker;

/// <summary>
/// The Docker Engine API (v1.41 and later: Docker 20.10 and later) over its unix socket. Thread-safe; connections are pooled.
/// Never retries and never times out by itself: both belong to the caller, who knows what a call is worth.
/// Every failure but cancellation is a <see cref="DockerException"/>.
/// </summary>
public sealed partial class DockerClient : IDisposable
{
    private const string Engine = "http://docker";

    // Every engine since 20.10 speaks it; Docker 29 and later accept only newer ones, which have all that is used here.
    private static readonly Version Preferred = new(1, 41);

    private readonly string _socketPath;
    private readonly HttpClient _http;
    private volatile string? _root;

    /// <summary>Connects lazily: an unreachable socket shows on the first call.</summary>
    /// <param name="socketPath">Path of the engine's unix socket, usually /var/run/docker.sock.</param>
    public DockerClient(string socketPath)
    {
        _socketPath = socketPath;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, ct) => ConnectAsync(ct),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Closes all connections; streams and waits in progress fail.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>The engine's versions; also the cheapest way to see whether it answers.</summary>
    public Task<EngineVersion> GetVersionAsync(CancellationToken ct) =>
        GetAsync("/version", DockerJson.Default.EngineVersion, ct);

    /// <summary>What the engine knows of its host.</summary>
    public Task<EngineInfo> GetInfoAsync(CancellationToken ct) =>
        GetAsync("/info", DockerJson.Default.EngineInfo, ct);

    private async ValueTask<Stream> ConnectAsync(CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<string> NegotiateAsync(CancellationToken ct)
    {
        using var response = await _http.GetAsync(Engine + "/version", ct);
        if (!response.IsSuccessStatusCode)
            throw await RefusalAsync(response, ct);
        var engine = await ReadAsync(response, DockerJson.Default.EngineVersion, ct);
        var oldest = Version.TryParse(engine.MinAPIVersion, out var min) && min > Preferred ? min : Preferred;
        return _root = $"{Engine}/v{oldest.Major}.{oldest.Minor}";
    }

    /// <summary>Sends, and returns once the headers arrived. Any status that is neither 2xx nor in <paramref name="accepted"/> throws.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpStatusCode[] accepted, CancellationToken ct)
    {
        HttpResponseMessage response;
        try
        {
            request.RequestUri = new Uri((_root ?? await NegotiateAsync(ct)) + request.RequestUri!.OriginalString);
            using (request)
                response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        if (response.IsSuccessStatusCode || accepted.Contains(response.StatusCode))
            return response;
        using (response)
            throw await RefusalAsync(response, ct);
    }

    private Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken ct, params HttpStatusCode[] accepted) =>
        SendAsync(new HttpRequestMessage(method, path) { Content = content }, accepted, ct);

    /// <summary>A call whose answer is only its status.</summary>
    private async Task CallAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken ct, params HttpStatusCode[] accepted) =>
        (await SendAsync(method, path, content, ct, accepted)).Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Get, path, content: null, ct);
        return await ReadAsync(response, type, ct);
    }

    /// <summary>Null when the engine says 404.</summary>
    private async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, content: null, ct, HttpStatusCode.NotFound);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(response, type, ct);
    }

    private async Task<TOut> PostAsync<TIn, TOut>(
        string path, TIn body, JsonTypeInfo<TIn> bodyType, JsonTypeInfo<TOut> answerType, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Post, path, Json(body, bodyType), ct);
        return await ReadAsync(response, answerType, ct);
    }

    /// <summary>Turns the connection into a bare byte stream (the engine's "hijack"); disposing the stream closes the connection.</summary>
    private async Task<Stream> UpgradeAsync(string path, HttpContent? content, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
        var response = await SendAsync(request, [HttpStatusCode.SwitchingProtocols], ct);
        return await response.Content.ReadAsStreamAsync(ct);
    }

    /// <summary>Sends a body of unknown length.</summary>
    private Task<HttpResponseMessage> UploadAsync(
        HttpMethod method, string path, Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        var request = new HttpRequestMessage(method, path) { Content = new UploadContent(write) };
        // The engine may refuse before it reads: without this, its message would be lost to a broken pipe.
        request.Headers.ExpectContinue = true;
        return SendAsync(request, [], ct);
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken ct)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            return await JsonSerializer.DeserializeAsync(body, type, ct) ?? throw new JsonException("the answer is null");
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw Broken(e);
        }
    }

    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type)
    {
        // Serialised up front: the engine's older routes want a Content-Length.
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static async Task<DockerException> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        string? message = null;
        try
        {
            message = JsonSerializer.Deserialize(text, DockerJson.Default.EngineError)?.Message;
        }
        catch (JsonException)
        {
            // Not every proxy or route answers in JSON: the text itself is then the message.
        }
        message ??= text.Length > 0 ? text.Trim() : $"the Docker Engine answered {(int)response.StatusCode} without a message";
        return new DockerException(response.StatusCode, message);
    }

    private DockerException Unreachable(HttpRequestException e)
    {
        if (e.HttpRequestError != HttpRequestError.ConnectionError)
            return Broken(e);
        var advice = (e.InnerException as SocketException)?.SocketErrorCode == SocketError.AccessDenied
            ? "Run as root or as a member of the group that owns the socket (usually docker)."
            : "Start the Docker Engine (systemctl start docker, or dockerd), or name the right socket.";
        return new DockerException(status: null, $"cannot reach the Docker Engine at {_socketPath}: {Cause(e)}. {advice}", e);
    }

    private DockerException Broken(Exception e) =>
        new(status: null, $"the exchange with the Docker Engine at {_socketPath} broke off: {Cause(e)}", e);

    private static string Cause(Exception e) => e.GetBaseException().Message.TrimEnd('.');

    private static string Escape(string value) => Uri.EscapeDataString(value);

    /// <summary>References hold slashes, which the engine's routes expect as they are.</summary>
    private static string EscapePath(string reference) => string.Join('/', reference.Split('/').Select(Escape));

    private static string Filters(params ReadOnlySpan<(string Key, IReadOnlyList<string> Values)> filters)
    {
        var map = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (key, values) in filters)
            map[key] = values;
        return Escape(JsonSerializer.Serialize(map, DockerJson.Default.DictionaryStringIReadOnlyListString));
    }
}
