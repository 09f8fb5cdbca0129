using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Console;
using MiniPaaS.Router.Admin;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Listening;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router;

/// <summary>Puts the parts of a router together.</summary>
internal static class RouterHost
{
    public static string Version { get; } = typeof(RouterHost).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>A router that is ready to start; its <see cref="FrontDoor"/> tells the ports once it has.</summary>
    public static WebApplication Build(RouterSettings settings)
    {
        // Empty and not Slim: a router is what RouterSettings says, never an appsettings.json of the directory it was started in.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LameDuck.LongestStop);
        AddLogging(builder.Logging);

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<RouteBoard>();
        builder.Services.AddSingleton<Traffic>();
        builder.Services.AddSingleton<Upstream>();
        builder.Services.AddSingleton<ControlPlane>();
        builder.Services.AddSingleton<Upgrades>();
        builder.Services.AddSingleton<Goodbye>();
        builder.Services.AddSingleton<HealthWatch>();
        builder.Services.AddSingleton<FrontRules>();
        builder.Services.AddSingleton<Outcomes>();
        builder.Services.AddSingleton<ProxyHandler>();
        builder.Services.AddSingleton<RequestLog>();
        builder.Services.AddSingleton<RouterMeters>();
        builder.Services.AddSingleton<MetricFamilies>();
        builder.Services.AddSingleton<AdminEndpoints>();

        builder.Services.AddSingleton<LameDuck>();
        builder.Services.AddSingleton<FrontDoor>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<FrontDoor>());
        builder.Services.AddSingleton<CertificateBook>();
        builder.Services.AddSingleton<LocalIssuer>();
        builder.Services.AddSingleton<Handshake>();

        // Order matters: routes are known before the control plane can speak, the public port opens last and closes first,
        // so that "is it drained?" is answered until the last request is.
        builder.Services.AddHostedService(services => services.GetRequiredService<FrontDoor>());
        builder.Services.AddHostedService(services => services.GetRequiredService<LameDuck>());
        builder.Services.AddHostedService<SnapshotFile>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LocalIssuer>());
        builder.Services.AddHostedService(services => services.GetRequiredService<CertificateBook>());
        builder.Services.AddHostedService<MemoryTrim>();
        builder.Services.AddHostedService<AdminServer>();

        var router = builder.Build();
        router.Run(router.Services.GetRequiredService<ProxyHandler>().HandleAsync);
        Announce(router, settings);
        return router;
    }

    private static void Configure(KestrelServerOptions kestrel, RouterSettings settings)
    {
        kestrel.AddServerHeader = false;

        // A line ends with CR LF and nothing else (RFC 9112, 2.2, lets a server be lenient, which is how requests are smuggled).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

        // Bytes above ASCII in header values pass through as they are.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        PublicLimits.Apply(kestrel.Limits, settings);

        kestrel.Listen(new WireEndPoint(WireProtocol.Http1), listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.Listen(new WireEndPoint(WireProtocol.Http2), listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.Listen(new WireEndPoint(WireProtocol.Tls), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = settings.GreetingTimeout,
                OnConnection = kestrel.ApplicationServices.GetRequiredService<Handshake>().AnswerAsync,
            });
            listen.Use(next => connection => Handshake.FarewellAsync(next, connection));
        });
    }

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
        var door = router.Services.GetRequiredService<FrontDoor>();
        router.Lifetime.ApplicationStarted.Register(
            () => log.Listening(Version, string.Join(", ", door.Urls), settings.AdminSocket));
    }
}
