using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Api;

/// <summary>The real control plane's API on its unix socket, over a database of its own; nothing runs behind it.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mp-api");
    private readonly WebApplication app;

    private ApiHost(int requestsPerHour, IEnumerable<string> privateHosts)
    {
        Settings = new Settings
        {
            StateDir = Path.Combine(folder.FullName, "state"),
            RunDir = Path.Combine(folder.FullName, "run"),
            HttpPort = 80,
            Domain = "localhost",
            Namespace = "minipaas-unit",
            Subnet = IPNetwork.Parse("10.214.0.0/24"),
            BuildpacksDir = Path.Combine(Repository.Root, "buildpacks"),
            DefaultStack = "bookworm",
            Stacks = ["bookworm", "bullseye"],
            DotnetRoot = "/usr/share/dotnet",
            CaBundle = null,
            DockerSocket = Path.Combine(folder.FullName, "no-docker.sock"),
            Acme = AcmeSettings.Read(_ => null, folder.FullName),
            RequestsPerHour = requestsPerHour,
            Packs = new PackSettings { PrivateHosts = [.. privateHosts] },
        };
        ControlPlane.PrepareDirectories(Settings);
        Database = Database.Open(Settings.Database);
        app = ControlPlane.Build(Settings, Database);
        Http = NewClient();
    }

    public Settings Settings { get; }

    public Database Database { get; }

    public IServiceProvider Parts => app.Services;

    /// <summary>A client that shows a token.</summary>
    public HttpClient Http { get; }

    public static async Task<ApiHost> StartAsync(int requestsPerHour = 0, params IEnumerable<string> privateHosts)
    {
        var host = new ApiHost(requestsPerHour, privateHosts);
        await host.app.StartAsync();
        var token = await host.Database.WriteAsync(db => TokenTable.Create(db, "ada", DateTimeOffset.UnixEpoch), default);
        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return host;
    }

    /// <summary>A client that shows nothing.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Settings.ControlSocket), ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };

    public async Task<App> AppAsync(string name)
    {
        var added = await Database.WriteAsync(db => AppTable.Insert(db, Sample.Name(name), null, $"{name}.localhost", DateTimeOffset.UnixEpoch), default);
        return added!;
    }

    /// <summary>Releases of an app, each of them live once; the last one is.</summary>
    public async Task ReleaseAsync(App of, int count = 1, params (string Type, string Command)[] types)
    {
        var book = Parts.GetRequiredService<ReleaseBook>();
        for (var made = 0; made < count; made++)
        {
            var (_, deployment) = await book.DeployAsync(of.Id, Sample.Slug(types), new SlugOrigin($"Deploy {made + 1}"), "ada", default);
            await Database.WriteAsync(
                db =>
                {
                    DeploymentTable.Flip(db, deployment);
                    DeploymentTable.Finish(db, deployment.Id, DeploymentStep.Done, null, DateTimeOffset.UnixEpoch);
                },
                default);
        }
    }

    public async Task<JsonElement> GetAsync(string path) => await JsonAsync(await SendAsync(HttpMethod.Get, path), 200);

    /// <summary>Sends a request.</summary>
    /// <param name="method">Verb.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="json">Body, or null.</param>
    /// <param name="headers">Sent as they are.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The JSON of an answer that must have a status.</summary>
    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, int status)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {body}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>An answer that must be an error.</summary>
    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage answer, int status, string id)
    {
        var error = await JsonAsync(answer, status);
        Assert.Equal(id, error.GetProperty("id").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
        return error;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        Database.Dispose();

        // Work that a request has begun may write a last line meanwhile.
        for (var tries = 0; ; tries++)
        {
            try
            {
                folder.Delete(recursive: true);
                return;
            }
            catch (IOException) when (tries < 50)
            {
                await Task.Delay(100);
            }
        }
    }
}
