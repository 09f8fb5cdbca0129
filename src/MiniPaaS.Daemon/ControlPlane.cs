using Microsoft.AspNetCore.Server.Kestrel.Core;
using MiniPaaS.Daemon.Api;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Receiving;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon;

/// <summary>Puts the parts together and runs them.</summary>
internal static class ControlPlane
{
    /// <summary>Serves until SIGTERM.</summary>
    /// <exception cref="InvalidOperationException">Another daemon uses the same state, or the machine lacks something.</exception>
    public static async Task ServeAsync(Settings settings)
    {
        PrepareDirectories(settings);
        using var instance = LockInstance(settings);
        using var database = Database.Open(settings.Database);
        await using var app = Build(settings, database);

        var stopping = app.Lifetime.ApplicationStopping;
        await RemoveLeftoversAsync(app.Services, database, stopping);
        app.Services.GetRequiredService<LocalAuthority>().Ensure();
        app.Services.GetRequiredService<SigningKeys>().Ensure();
        await app.StartAsync(stopping);
        LetRouterIn(settings);

        Task[] work =
        [
            app.Services.GetRequiredService<Sandboxes>().RunAsync(stopping),
            app.Services.GetRequiredService<Builders>().RunAsync(stopping),
            app.Services.GetRequiredService<Reconciler>().RunAsync(stopping),
            app.Services.GetRequiredService<RouterLink>().RunAsync(stopping),
            app.Services.GetRequiredService<LocalAuthority>().RunAsync(stopping),
            app.Services.GetRequiredService<AcmeOrders>().RunAsync(stopping),
            app.Services.GetRequiredService<RouterWatch>().RunAsync(stopping),
            app.Services.GetRequiredService<DeploymentRunner>().ResumeAsync(stopping),
        ];
        // Work ends only when the daemon does: an end before that is a failure, and the supervisor starts anew.
        await Task.WhenAny([.. work, app.WaitForShutdownAsync(CancellationToken.None)]);
        await app.StopAsync(CancellationToken.None);
        try
        {
            await Task.WhenAll(work);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Takes the firewall rules of this instance away.</summary>
    public static Task RemoveFirewallAsync(Settings settings) =>
        FirewallOf(settings).RemoveAsync(CancellationToken.None);

    private static Firewall FirewallOf(Settings settings) =>
        new(settings.Namespace, settings.PrivateNetworks, DynoNetwork.BridgeOf(settings), $"{BuildNetworks.BridgesOf(settings)}+");

    private static WebApplication Build(Settings settings, Database database)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            File.Delete(settings.ControlSocket);
            kestrel.ListenUnixSocket(settings.ControlSocket, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // The names of a context hold for what is written with it; what requests are bound to goes by these options.
            json.SerializerOptions.PropertyNamingPolicy = ProtocolJson.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProtocolJson.Default);
        });
        AddParts(builder.Services, settings, database);

        var app = builder.Build();
        app.UseTokens(database);
        Map(app, settings, database);
        return app;
    }

    private static void AddParts(IServiceCollection services, Settings settings, Database database)
    {
        services.AddSingleton(settings).AddSingleton(database).AddSingleton(TimeProvider.System)
            .AddSingleton(_ => new DockerClient(settings.DockerSocket));
        // Received
        services.AddSingleton<GitRepositories>().AddSingleton<PushSessions>().AddSingleton<GitHttp>().AddSingleton<PushEndpoint>()
            .AddSingleton<Push>().AddSingleton<SourceBuild>().AddSingleton<BuildCaches>().AddSingleton<RunningBuilds>().AddSingleton<PushBuild>().AddSingleton<ContainerBuild>().AddSingleton<BuildEndpoints>()
            .AddSingleton<SourceDeployment>().AddSingleton<Deploys>().AddSingleton<ImageBuild>().AddSingleton<ImageDeployment>().AddSingleton<SourceStore>().AddSingleton<DeployEndpoints>().AddSingleton<SourceEndpoints>()
            .AddSingleton<PushHandler>(s => s.GetRequiredService<Push>().HandleAsync)
            .AddSingleton<AppLookup>(_ => (name, _) => ValueTask.FromResult(
                database.Read(db => AppTable.Find(db, name)) is { } app ? new PushTarget(app.Id, app.Name) : null));
        // Built
        services.AddSingleton(new BuildLimits { Disk = settings.BuildDisk }).AddSingleton<Builders>().AddSingleton<SlugBuilder>().AddSingleton<BuildInputs>()
            .AddSingleton<BuildQueue>().AddSingleton<ImageSource>().AddSingleton<ContainerImage>().AddSingleton<StackCatalog>();
        // Attested
        services.AddSingleton<SigningKeys>().AddSingleton<StackInventory>().AddSingleton<Attester>().AddSingleton<ProvenancePolicy>()
            .AddSingleton<Audit>().AddSingleton<AttestationEndpoints>().AddSingleton<FeatureEndpoints>();
        // Released
        services.AddSingleton<AppQueue>().AddSingleton<ReleaseBook>().AddSingleton<ReleasePhase>().AddSingleton<Deployer>()
            .AddSingleton<DeploymentFigures>().AddSingleton<DeploymentRunner>().AddSingleton<SlugCollector>().AddSingleton<SlugReuse>().AddSingleton<AppChanges>()
            .AddSingleton<Canaries>().AddSingleton<TrafficChanges>();
        // Run
        services.AddSingleton<LogBook>(s => new LogBook(settings.Logs, s.GetRequiredService<TimeProvider>()))
            .AddSingleton(_ => new Addresses(database, settings.Subnet)).AddSingleton<DynoNetwork>()
            .AddSingleton(_ => FirewallOf(settings)).AddSingleton<BuildNetworks>()
            .AddSingleton<Sandboxes>().AddSingleton<DynoGround>().AddSingleton<Runtimes>().AddSingleton<DynoOutput>().AddSingleton<DynoEngine>()
            .AddSingleton<HealthGate>().AddSingleton<DynoChecks>().AddSingleton<Launcher>().AddSingleton<Retirement>()
            .AddSingleton<RouteKeeper>().AddSingleton<Reconciler>();
        // Routed
        services.AddSingleton<CertificateLink>().AddSingleton(s => new RouterLink(
            settings.RouterSockets,
            s.GetRequiredService<CertificateLink>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<RouterLink>>())).AddSingleton<RouterWatch>();
        // Kept
        services.AddSingleton<SlugBook>().AddSingleton<SlugImages>().AddSingleton<ImageContents>().AddSingleton<SlugVerification>().AddSingleton<SlugExport>()
            .AddSingleton<SlugRelease>().AddSingleton<SlugImport>().AddSingleton<SlugRebase>()
            .AddSingleton<StackPackages>().AddSingleton<StackUpdate>().AddSingleton<SlugEndpoints>().AddSingleton<StackEndpoints>();
        // Secured
        services.AddSingleton(settings.Acme).AddSingleton<LocalAuthority>().AddSingleton<CertificateBook>()
            .AddSingleton<CertificateSource>(s => s.GetRequiredService<CertificateBook>().Current)
            .AddSingleton<AcmeChallenges>().AddSingleton<AcmeClient>().AddSingleton<AcmeOrders>()
            .AddSingleton<ChallengeRoute>(s => s.GetRequiredService<RouterLink>().SendsChallengesAsync)
            .AddSingleton<CertificateEndpoints>().AddSingleton<AcmEndpoints>();
    }

    private static void Map(WebApplication app, Settings settings, Database database)
    {
        var changes = app.Services.GetRequiredService<AppChanges>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.MapGet("/healthz", () => "ok");
        app.Services.GetRequiredService<PushEndpoint>().Map(app);
        app.MapGit(app.Services.GetRequiredService<GitHttp>());
        app.MapApps(
            database, settings, changes, app.Services.GetRequiredService<TrafficChanges>(), app.Services.GetRequiredService<GitRepositories>(),
            app.Services.GetRequiredService<SlugBuilder>(), app.Services.GetRequiredService<StackCatalog>());
        app.MapBuildpacks(database, settings);
        app.MapReleases(database, changes, time);
        var running = new RunningDynos(database, app.Services.GetRequiredService<Reconciler>(), app.Services.GetRequiredService<RouterWatch>(), time);
        app.MapDynos(database, changes, running);
        app.MapLogs(database, app.Services.GetRequiredService<LogBook>());
        app.MapDomains(database, app.Services.GetRequiredService<TrafficChanges>());
        app.MapTraffic(database, app.Services.GetRequiredService<TrafficChanges>(), time);
        app.MapRouting(database, app.Services.GetRequiredService<TrafficChanges>());
        app.MapCanary(database, app.Services.GetRequiredService<Canaries>(), running);
        app.MapMetrics(
            database, running, app.Services.GetRequiredService<RouterWatch>(), app.Services.GetRequiredService<DeploymentFigures>(),
            app.Services.GetRequiredService<Builders>());
        app.Services.GetRequiredService<BuildEndpoints>().Map(app);
        app.Services.GetRequiredService<DeployEndpoints>().Map(app);
        app.Services.GetRequiredService<SourceEndpoints>().Map(app);
        app.Services.GetRequiredService<SlugEndpoints>().Map(app);
        app.Services.GetRequiredService<StackEndpoints>().Map(app);
        app.Services.GetRequiredService<AttestationEndpoints>().Map(app);
        app.Services.GetRequiredService<FeatureEndpoints>().Map(app);
        app.Services.GetRequiredService<CertificateEndpoints>().Map(app);
        app.Services.GetRequiredService<AcmEndpoints>().Map(app);
        app.MapFallback(() => ApiResults.NotFound("There is nothing at this address. The API is described in the README."));
    }

    private static void PrepareDirectories(Settings settings)
    {
        const UnixFileMode passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(settings.StateDir, passable);
        Directory.CreateDirectory(settings.RunDir, passable);
        foreach (var directory in new[] { settings.Repositories, settings.BuildLogs, settings.Logs, settings.Builds, settings.BuildCaches, settings.FetchedPacks })
        {
            Directory.CreateDirectory(directory, own);
            File.SetUnixFileMode(directory, own);
        }

    }

    // Two daemons on one database would undo each other's work: flock, which the kernel releases with the process.
    private static FileStream LockInstance(Settings settings)
    {
        try
        {
            return new FileStream(Path.Combine(settings.StateDir, "paasd.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"Another paasd already works on {settings.StateDir}; stop it first.", e);
        }
    }

    private static async Task RemoveLeftoversAsync(IServiceProvider services, Database database, CancellationToken ct)
    {
        services.GetRequiredService<GitRepositories>().InstallHook();
        await services.GetRequiredService<SlugBuilder>().RemoveLeftoversAsync(ct);
        await services.GetRequiredService<SlugExport>().RemoveLeftoversAsync(ct);
        await services.GetRequiredService<BuildNetworks>().RemoveLeftoversAsync(ct);
        await database.WriteAsync(db => BuildTable.LoseRunning(db, TimeProvider.System.GetUtcNow()), ct);
        await services.GetRequiredService<DynoGround>().RenewAsync(ct);
        foreach (var app in database.Read(AppTable.All))
        {
            await services.GetRequiredService<SlugCollector>().CollectAsync(app.Id, ct);
        }

        await RemoveFoldersOfDestroyedAppsAsync(services, database, ct);
    }

    // A daemon that died while it destroyed an app had committed that; what is named by an id no app has is in no use.
    private static async Task RemoveFoldersOfDestroyedAppsAsync(IServiceProvider services, Database database, CancellationToken ct)
    {
        var settings = services.GetRequiredService<Settings>();
        var ids = database.Read(AppTable.All).Select(app => app.Id).ToHashSet();
        foreach (var id in new[] { settings.Repositories, settings.BuildCaches, settings.Logs }.SelectMany(IdsIn).Where(id => !ids.Contains(id)).Distinct())
        {
            services.GetRequiredService<GitRepositories>().Delete(id);
            services.GetRequiredService<LogBook>().Delete(id);
            await services.GetRequiredService<SlugBuilder>().RemoveCacheAsync(id, ct);
        }
    }

    private static IEnumerable<long> IdsIn(string directory) =>
        Directory.GetDirectories(directory)
            .Select(folder => long.TryParse(Path.GetFileNameWithoutExtension(folder), out var id) ? id : (long?)null)
            .OfType<long>();

    // The router runs as another user; whoever reaches the socket still needs a token.
    private static void LetRouterIn(Settings settings) =>
        File.SetUnixFileMode(
            settings.ControlSocket,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
}
