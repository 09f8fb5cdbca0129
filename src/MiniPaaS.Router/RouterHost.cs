using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using MiniPaaS.Router.Admin;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router;

/// <summary>Puts the parts of a router together.</summary>
internal static class RouterHost
{
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    public static string Version { get; } = typeof(RouterHost).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>A router that is ready to start; its <c>Urls</c> tell the port once it has.</summary>
    public static WebApplication Build(RouterSettings settings)
    {
        // Empty and not Slim: a router is what RouterSettings says, never an appsettings.json of the directory it was started in.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, settings));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        AddLogging(builder.Logging);

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<RouteBoard>();
        builder.Services.AddSingleton<Traffic>();
        builder.Services.AddSingleton<Upstream>();
        builder.Services.AddSingleton<ControlPlane>();
        builder.Services.AddSingleton<Upgrades>();
        builder.Services.AddSingleton<HealthWatch>();
        builder.Services.AddSingleton<FrontRules>();
        builder.Services.AddSingleton<Outcomes>();
        builder.Services.AddSingleton<ProxyHandler>();
        builder.Services.AddSingleton<RequestLog>();
        builder.Services.AddSingleton<RouterMeters>();
        builder.Services.AddSingleton<MetricFamilies>();
        builder.Services.AddSingleton<AdminEndpoints>();

        // Order matters: routes are known before the control plane can speak, the public port opens last and closes first,
        // so that "is it drained?" is answered until the last request is.
        builder.Services.AddHostedService<SnapshotFile>();
        builder.Services.AddHostedService<AdminServer>();

        var router = builder.Build();
        router.Run(router.Services.GetRequiredService<ProxyHandler>().HandleAsync);
        Announce(router, settings);
        return router;
    }

    private static void Listen(KestrelServerOptions kestrel, RouterSettings settings)
    {
        kestrel.AddServerHeader = false;

        // Bytes above ASCII in header values pass through as they are.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;

        // Sizes are the app's business, and a paused upload or a paused reader is legitimate: what ends an exchange is the
        // forwarder's rolling timeout, which neither side's silence outlives.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;

        if (InheritsSockets())
        {
            kestrel.UseSystemd(listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            kestrel.ListenAnyIP(settings.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        }
    }

    // LISTEN_PID guards against variables that were meant for an ancestor of this process.
    private static bool InheritsSockets()
        => Environment.GetEnvironmentVariable("LISTEN_FDS") is { Length: > 0 }
            && Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString();

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("MiniPaaS", LogLevel.Information);

        // The forwarder's and the host's stack traces repeat what our one line says; hosting diagnostics cost an Activity per request.
        logging.AddFilter("Yarp", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddSimpleConsole(format => format.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // A stalled reader of stderr must not stall requests.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }

    private static void Announce(WebApplication router, RouterSettings settings)
    {
        var log = router.Services.GetRequiredService<ILogger<ProxyHandler>>();
        router.Lifetime.ApplicationStarted.Register(
            () => log.Listening(Version, string.Join(", ", router.Urls), settings.AdminSocket));
        router.Lifetime.ApplicationStopping.Register(() => log.Stopping((int)LongestStop.TotalSeconds));
    }
}
