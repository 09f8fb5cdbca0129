using Microsoft.AspNetCore.Server.Kestrel.Core;
using MiniPaaS.Daemon.Api;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Daemon.Draining;
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
            app.Services.GetRequiredService<Drains>().RunAsync(stopping),
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

    /// <summary>The API and all parts behind it, without the work that goes on by itself.</summary>
    internal static WebApplication Build(Settings settings, Database database)
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
            json.SerializerOptions.NumberHandling = ProtocolJson.Default.Options.NumberHandling;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProtocolJson.Default);
        });
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        AddParts(builder.Services, settings, database);

        var app = builder.Build();
        app.UseRequestIds();
        app.UseFailures();
        app.UseTokens(database);
        app.Services.GetRequiredService<RateLimits>().Use(app);
        app.UseVersions();
        app.UseAppAddresses(database, app.Services.GetRequiredService<ResourceIds>());
        app.UseRouting();
        Map(app, settings, database);
        return app;
    }

    private static void AddParts(IServiceCollection services, Settings settings, Database database)
    {
        services.AddSingleton(settings).AddSingleton(database).AddSingleton(TimeProvider.System)
            .AddSingleton(_ => new DockerClient(settings.DockerSocket));
        // Received
        services.AddSingleton<GitRepositories>().AddSingleton<PushSessions>().AddSingleton<GitHttp>().AddSingleton<PushEndpoint>()
            .AddSingleton<Push>().AddSingleton<SourceBuild>().AddSingleton<BuildCaches>().AddSingleton<RunningBuilds>().AddSingleton<PushBuild>().AddSingleton<ContainerBuild>()
            .AddSingleton<SourceDeployment>().AddSingleton<Deploys>().AddSingleton<ImageBuild>().AddSingleton<ImageDeployment>().AddSingleton<SourceStore>()
            .AddSingleton<PushHandler>(s => s.GetRequiredService<Push>().HandleAsync)
            .AddSingleton<AppLookup>(_ => (name, _) => ValueTask.FromResult(
                database.Read(db => AppTable.Find(db, name)) is { } app ? new PushTarget(app.Id, app.Name) : null));
        // Built
        services.AddSingleton(new BuildLimits { Disk = settings.BuildDisk }).AddSingleton<Builders>().AddSingleton<SlugBuilder>().AddSingleton<BuildInputs>()
            .AddSingleton<BuildQueue>().AddSingleton<ImageSource>().AddSingleton<ContainerImage>().AddSingleton<StackCatalog>();
        // Attested
        services.AddSingleton<SigningKeys>().AddSingleton<StackInventory>().AddSingleton<Attester>().AddSingleton<ProvenancePolicy>()
            .AddSingleton<Audit>();
        // Released
        services.AddSingleton<AppQueue>().AddSingleton<ReleaseBook>().AddSingleton<ReleasePhase>().AddSingleton<Deployer>()
            .AddSingleton<DeploymentFigures>().AddSingleton<DeploymentRunner>().AddSingleton<SlugCollector>().AddSingleton<SlugReuse>().AddSingleton<AppChanges>()
            .AddSingleton<AppRename>().AddSingleton<Canaries>().AddSingleton<TrafficChanges>();
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
            .AddSingleton<StackPackages>().AddSingleton<StackUpdate>();
        // Secured
        services.AddSingleton(settings.Acme).AddSingleton<LocalAuthority>().AddSingleton<CertificateBook>()
            .AddSingleton<CertificateSource>(s => s.GetRequiredService<CertificateBook>().Current)
            .AddSingleton<AcmeChallenges>().AddSingleton<AcmeClient>().AddSingleton<AcmeOrders>()
            .AddSingleton<ChallengeRoute>(s => s.GetRequiredService<RouterLink>().SendsChallengesAsync);
        // Drained
        services.AddSingleton<DrainSocket>().AddSingleton<Drains>();
        AddApi(services, settings);
    }

    private static void AddApi(IServiceCollection services, Settings settings) => services
        .AddSingleton<ResourceIds>().AddSingleton<Users>().AddSingleton<Places>().AddSingleton<StreamAddresses>()
        .AddSingleton(s => new RateLimits(settings.RequestsPerHour, s.GetRequiredService<TimeProvider>()))
        .AddSingleton<AppDescription>().AddSingleton<ReleaseDescription>().AddSingleton<BuildDescription>().AddSingleton<SlugDescription>()
        .AddSingleton<CertificateDescription>().AddSingleton<AcmStatus>().AddSingleton<SlugFinder>().AddSingleton<RunningDynos>()
        .AddSingleton<AppEndpoints>().AddSingleton<AppListEndpoints>().AddSingleton<RegionEndpoints>().AddSingleton<AddonEndpoints>()
        .AddSingleton<ConfigVarEndpoints>().AddSingleton<ReleaseEndpoints>().AddSingleton<DeploymentEndpoints>().AddSingleton<BuildEndpoints>()
        .AddSingleton<SlugEndpoints>().AddSingleton<StackEndpoints>().AddSingleton<FormationEndpoints>().AddSingleton<DynoEndpoints>()
        .AddSingleton<LogSessionEndpoints>().AddSingleton<LogDrainEndpoints>().AddSingleton<StreamEndpoints>().AddSingleton<DomainEndpoints>()
        .AddSingleton<FeatureEndpoints>().AddSingleton<CertificateEndpoints>().AddSingleton<AcmEndpoints>().AddSingleton<AttestationEndpoints>()
        .AddSingleton<DeployEndpoints>().AddSingleton<SourceEndpoints>();

    private static void Map(WebApplication app, Settings settings, Database database)
    {
        var (parts, time) = (app.Services, app.Services.GetRequiredService<TimeProvider>());
        app.MapGet("/healthz", () => "ok");
        app.MapGet("/platform", () => ApiResults.Json(
            new PlatformInfo(ProductVersion.Text, settings.Domain, settings.ControlUrl), ProtocolJson.Default.PlatformInfo));
        parts.GetRequiredService<PushEndpoint>().Map(app);
        app.MapGit(parts.GetRequiredService<GitHttp>());

        // Heroku's Platform API
        parts.GetRequiredService<AppEndpoints>().Map(app);
        parts.GetRequiredService<AppListEndpoints>().Map(app);
        parts.GetRequiredService<RegionEndpoints>().Map(app);
        parts.GetRequiredService<AddonEndpoints>().Map(app);
        parts.GetRequiredService<ConfigVarEndpoints>().Map(app);
        parts.GetRequiredService<ReleaseEndpoints>().Map(app);
        parts.GetRequiredService<BuildEndpoints>().Map(app);
        parts.GetRequiredService<SourceEndpoints>().Map(app);
        parts.GetRequiredService<DeployEndpoints>().Map(app);
        parts.GetRequiredService<SlugEndpoints>().Map(app);
        parts.GetRequiredService<StackEndpoints>().Map(app);
        parts.GetRequiredService<FormationEndpoints>().Map(app);
        parts.GetRequiredService<DynoEndpoints>().Map(app);
        parts.GetRequiredService<LogSessionEndpoints>().Map(app);
        parts.GetRequiredService<LogDrainEndpoints>().Map(app);
        parts.GetRequiredService<StreamEndpoints>().Map(app);
        parts.GetRequiredService<DomainEndpoints>().Map(app);
        parts.GetRequiredService<FeatureEndpoints>().Map(app);
        parts.GetRequiredService<CertificateEndpoints>().Map(app);
        parts.GetRequiredService<AcmEndpoints>().Map(app);
        app.MapBuildpacks(database, settings);

        // What Heroku has not
        var (traffic, running) = (parts.GetRequiredService<TrafficChanges>(), parts.GetRequiredService<RunningDynos>());
        parts.GetRequiredService<DeploymentEndpoints>().Map(app);
        parts.GetRequiredService<AttestationEndpoints>().Map(app);
        app.MapTraffic(database, traffic, time);
        app.MapRouting(database, traffic);
        app.MapCanary(database, parts.GetRequiredService<Canaries>(), running);
        app.MapMetrics(database, running, parts.GetRequiredService<RouterWatch>(), parts.GetRequiredService<DeploymentFigures>(), parts.GetRequiredService<Builders>());
    }

    internal static void PrepareDirectories(Settings settings)
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
