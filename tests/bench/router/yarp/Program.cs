// YARP as its documentation sets it up: a route and a cluster per app, found by host, and ASP.NET Core's W3C access log.
//   stock-yarp HTTP_PORT HTTPS_PORT BACKEND CERTIFICATE KEY LOG_DIRECTORY|- APPS
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.HttpLogging;
using Yarp.ReverseProxy.Configuration;

if (args is not [var http, var https, var backend, var certificate, var key, var logDirectory, var apps])
{
    Console.Error.WriteLine("Usage: stock-yarp HTTP_PORT HTTPS_PORT BACKEND CERTIFICATE KEY LOG_DIRECTORY|- APPS");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
using var presented = X509Certificate2.CreateFromPemFile(certificate, key);
builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
{
    kestrel.ListenAnyIP(int.Parse(http, CultureInfo.InvariantCulture));
    kestrel.ListenAnyIP(int.Parse(https, CultureInfo.InvariantCulture), listen => listen.UseHttps(presented));
});
var names = Enumerable.Range(0, int.Parse(apps, CultureInfo.InvariantCulture)).Select(number => number == 0 ? "shop" : $"app{number}").ToArray();
builder.Services.AddReverseProxy().LoadFromMemory(
    [.. names.Select(name => new RouteConfig { RouteId = name, ClusterId = name, Match = new RouteMatch { Hosts = [$"{name}.localhost"] } })],
    [.. names.Select(name => new ClusterConfig
    {
        ClusterId = name,
        Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["web.1"] = new() { Address = $"http://{backend}/" } },
    })]);
if (logDirectory != "-")
{
    builder.Services.AddW3CLogging(log =>
    {
        log.LogDirectory = logDirectory;
        log.LoggingFields = W3CLoggingFields.Date | W3CLoggingFields.Time | W3CLoggingFields.ClientIpAddress | W3CLoggingFields.Method
            | W3CLoggingFields.UriStem | W3CLoggingFields.UriQuery | W3CLoggingFields.ProtocolStatus | W3CLoggingFields.TimeTaken
            | W3CLoggingFields.ProtocolVersion | W3CLoggingFields.Host;
    });
}

await using var app = builder.Build();
if (logDirectory != "-")
{
    app.UseW3CLogging();
}

app.MapReverseProxy();
await app.RunAsync();
return 0;
