using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>What the server saw of one request.</summary>
public sealed record SeenRequest(string Method, string Target, string Host, string? Authorization, string Body);

/// <summary>A small control plane over real HTTP: the API's routes, wire records and errors, with its state in memory.</summary>
public sealed partial class TestControlPlane : IAsyncDisposable
{
    public const string Token = "secret-token-1";

    private readonly WebApplication _web;
    private int _port;

    private TestControlPlane(WebApplication web) => _web = web;

    public ConcurrentQueue<SeenRequest> Requests { get; } = [];

    public ConcurrentDictionary<string, AppInfo> Apps { get; } = [];

    public ImmutableSortedDictionary<string, string> Vars { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableArray<FormationInfo> Formation { get; set; } = [Wire.Formation("web", 1, "php -S"), Wire.Formation("worker", 0, "php worker.php")];

    public ImmutableArray<DynoInfo> Dynos { get; set; } = [];

    public IList<ReleaseInfo> Releases { get; } = [];

    /// <summary>Steps that a deployment goes through, one per request that has seen the one before.</summary>
    public ImmutableArray<DeploymentInfo> Deployment { get; set; } = [];

    /// <summary>Number of requests on a deployment that are cut off without an answer.</summary>
    public int BrokenDeploymentAnswers { get; set; }

    /// <summary>Every answer waits for this.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>What the log consists of; with <c>tail</c> it stays open afterwards.</summary>
    public ImmutableArray<string> Log { get; set; } = [];

    public string Url => $"http://paas.localhost:{_port}";

    public string ControlUrl { get; set; } = "";

    /// <summary>Starts on a free port of this machine.</summary>
    public static async Task<TestControlPlane> StartAsync(IPAddress? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address ?? IPAddress.Loopback, 0));
        var plane = new TestControlPlane(builder.Build());
        plane._web.Use(plane.AdmitAsync);
        plane.MapApps();
        plane.MapConfig();
        plane.MapDynos();
        plane.MapReleases();
        plane.MapLogs();
        plane.MapTraffic();
        plane.MapBuildpacks();
        plane.MapCertificates();
        plane.MapAttestations();
        await plane._web.StartAsync();
        var listening = plane._web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        plane._port = new Uri(listening).Port;
        plane.ControlUrl = plane.Url;
        return plane;
    }

    public AppInfo AddApp(string name, int? release = null)
    {
        var port = _port.ToString(CultureInfo.InvariantCulture);
        var app = Wire.App(name, $"http://{name}.localhost:{port}/", $"{Url}/{name}.git", release);
        Apps[name] = app;
        return app;
    }

    public void AddRelease(int version, string description, bool current = false, string status = "succeeded", string? error = null) =>
        Releases.Insert(0, Wire.Release(version, description, status, current, $"slug-{version}", error));

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    private static async Task AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, value, type);
    }

    private static Task FailAsync(HttpContext context, int status, string id, string message) =>
        AnswerAsync(context, new ApiError(id, message), ProtocolJson.Default.ApiError, status);

    private static Task<T?> BodyAsync<T>(HttpContext context, JsonTypeInfo<T> type) =>
        JsonSerializer.DeserializeAsync(context.Request.Body, type).AsTask();

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.EnableBuffering();
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        context.Request.Body.Position = 0;
        string? authorization = context.Request.Headers.Authorization;
        Requests.Enqueue(new SeenRequest(
            context.Request.Method, context.Request.Path + context.Request.QueryString, context.Request.Host.Value!, authorization, body));
        await Hold;
        if (authorization != $"Bearer {Token}" && context.Request.Path != "/platform/ca.pem")
        {
            await FailAsync(context, 401, "unauthorized", "Invalid credentials provided.");
        }
        else if (context.Request.RouteValues.TryGetValue("app", out var app) && !Apps.ContainsKey((string)app!))
        {
            await FailAsync(context, 404, "not_found", $"Couldn't find the app {app}. Did you mean myapp?");
        }
        else
        {
            await next(context);
        }
    }

    private void MapApps()
    {
        _web.MapGet("/platform", context => AnswerAsync(
            context, new PlatformInfo("0.1.0", "localhost", ControlUrl), ProtocolJson.Default.PlatformInfo));
        _web.MapGet("/apps", context => AnswerAsync(
            context, [.. Apps.Values.OrderBy(app => app.Name, StringComparer.Ordinal)], ProtocolJson.Default.ImmutableArrayAppInfo));
        _web.MapPost("/apps", async context =>
        {
            var wanted = await BodyAsync(context, ProtocolJson.Default.CreateApp);
            var name = wanted!.Name ?? "quiet-river-1234";
            if (Apps.ContainsKey(name))
            {
                await FailAsync(context, 422, "invalid_params", $"Name {name} is already taken.");
                return;
            }
            await AnswerAsync(context, AddApp(name), ProtocolJson.Default.AppInfo, 201);
        });
        _web.MapGet("/apps/{app}", context => AnswerAsync(context, App(context), ProtocolJson.Default.AppInfo));
        _web.MapDelete("/apps/{app}", context =>
        {
            Apps.TryRemove(App(context).Name, out var removed);
            return AnswerAsync(context, removed!, ProtocolJson.Default.AppInfo);
        });
    }

    private AppInfo App(HttpContext context) => Apps[(string)context.Request.RouteValues["app"]!];

    private void MapConfig()
    {
        _web.MapGet("/apps/{app}/config-vars", context => AnswerAsync(context, Vars, ProtocolJson.Default.ImmutableSortedDictionaryStringString));
        _web.MapPatch("/apps/{app}/config-vars", async context =>
        {
            foreach (var (key, value) in (await BodyAsync(context, ProtocolJson.Default.DictionaryStringString))!)
            {
                Vars = value is null ? Vars.Remove(key) : Vars.SetItem(key, value);
            }
            if (!Deployment.IsEmpty)
            {
                context.Response.Headers["MiniPaaS-Release"] = Deployment[0].Release.ToString(CultureInfo.InvariantCulture);
            }
            await AnswerAsync(context, Vars, ProtocolJson.Default.ImmutableSortedDictionaryStringString);
        });
    }

    private void MapDynos()
    {
        _web.MapGet("/apps/{app}/formation", context => AnswerAsync(context, Formation, ProtocolJson.Default.ImmutableArrayFormationInfo));
        _web.MapPatch("/apps/{app}/formation", async context =>
        {
            foreach (var update in (await BodyAsync(context, ProtocolJson.Default.FormationUpdate))!.Updates)
            {
                Formation = [.. Formation.Select(entry => entry.Type == update.Type ? entry with { Quantity = After(entry.Quantity, update.Quantity!) } : entry)];
            }
            await AnswerAsync(context, Formation, ProtocolJson.Default.ImmutableArrayFormationInfo);
        });
        _web.MapGet("/apps/{app}/dynos", context => AnswerAsync(context, Dynos, ProtocolJson.Default.ImmutableArrayDynoInfo));
        _web.MapDelete("/apps/{app}/dynos/{which?}", context =>
        {
            context.Response.StatusCode = 202;
            return Task.CompletedTask;
        });
    }

    private static int After(int quantity, string change) => change[0] is '+' or '-'
        ? Math.Max(0, quantity + int.Parse(change, CultureInfo.InvariantCulture))
        : int.Parse(change, CultureInfo.InvariantCulture);

    private void MapReleases()
    {
        _web.MapGet("/apps/{app}/releases", context =>
        {
            var range = context.Request.Headers.Range.ToString();
            Assert.StartsWith("version ..; order=desc,max=", range, StringComparison.Ordinal);
            var most = int.Parse(range.Split("max=")[1], CultureInfo.InvariantCulture);
            return AnswerAsync(context, [.. Releases.Take(most)], ProtocolJson.Default.ImmutableArrayReleaseInfo);
        });
        _web.MapGet("/apps/{app}/releases/{number:int}", context => Release(context) is { } release
            ? AnswerAsync(context, release, ProtocolJson.Default.ReleaseInfo)
            : FailAsync(context, 404, "not_found", "Couldn't find that release."));
        _web.MapPost("/apps/{app}/releases", async context =>
        {
            var rollback = await BodyAsync(context, ProtocolJson.Default.CreateRelease);
            AddRelease(Releases[0].Version + 1, $"Rollback to {rollback!.Release ?? $"v{Releases[1].Version}"}");
            await AnswerAsync(context, Releases[0], ProtocolJson.Default.ReleaseInfo, 201);
        });
        _web.MapGet("/apps/{app}/releases/{number:int}/deployment", DeploymentAsync);
    }

    private ReleaseInfo? Release(HttpContext context) =>
        Releases.FirstOrDefault(release => release.Version == int.Parse((string)context.Request.RouteValues["number"]!, CultureInfo.InvariantCulture));

    // Like the real one: the next step when the last was seen, and no answer at all while there is no next one.
    private async Task DeploymentAsync(HttpContext context)
    {
        if (BrokenDeploymentAnswers > 0)
        {
            BrokenDeploymentAnswers--;
            context.Abort();
            return;
        }
        string? seen = context.Request.Query["step"];
        var next = Deployment.Select(step => step.Step).ToList().IndexOf(seen ?? "") + 1;
        if (next == Deployment.Length)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        await AnswerAsync(context, Deployment[next], ProtocolJson.Default.DeploymentInfo);
    }

    private void MapLogs()
    {
        _web.MapPost("/apps/{app}/log-sessions", async context =>
        {
            var wanted = await BodyAsync(context, ProtocolJson.Default.CreateLogSession);
            await AnswerAsync(
                context,
                new LogSessionInfo(Wire.Id("session"), $"{Url}/streams/logs/1?tail={wanted!.Tail}&signature=x", Wire.Created, Wire.Created),
                ProtocolJson.Default.LogSessionInfo,
                201);
        });
        _web.MapGet("/streams/logs/1", StreamAsync);
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("retry: 1\n\n");
        foreach (var line in Log)
        {
            await context.Response.WriteAsync($"id: 1\ndata: {line}\n\n: keepalive\n\n");
        }
        await context.Response.Body.FlushAsync();
        if (context.Request.Query["tail"] == "True")
        {
            // Silent but open, with a line now and then: a client notices that its own reader is gone only when it writes.
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await Task.Delay(50, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await context.Response.WriteAsync("id: 2\ndata: 2026-11-21T03:41:00.000000+00:00 app[web.1]: tick\n\n");
            }
        }
    }
}
