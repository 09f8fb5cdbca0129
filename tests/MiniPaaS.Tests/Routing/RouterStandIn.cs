using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Routing;

/// <summary>The admin socket of a router, which keeps what it is told.</summary>
internal sealed class RouterStandIn : IAsyncDisposable
{
    private readonly WebApplication web;

    private RouterStandIn(WebApplication web) => this.web = web;

    /// <summary>Method, path and body of every change, in order.</summary>
    public ConcurrentQueue<(string Path, string Body)> Told { get; } = [];

    /// <summary>What it answers to certificates.</summary>
    public int CertificateStatus { get; set; } = 200;

    /// <summary>What it answers to a snapshot.</summary>
    public int RoutesStatus { get; set; } = 200;

    public string InstanceId { get; set; } = "one";

    public static async Task<RouterStandIn> StartAsync(string socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        builder.Services.AddRoutingCore();
        var router = new RouterStandIn(builder.Build());
        router.Map();
        await router.web.StartAsync();
        return router;
    }

    public IEnumerable<string> Certificates() => Told.Where(t => t.Path == "/certificates").Select(t => t.Body);

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private void Map()
    {
        web.MapGet("/status", () => Results.Json(
            new RouterStatus(InstanceId, "0", 1, 0, 0, 0, true, Unhealthy: []), ProtocolJson.Default.RouterStatus));
        web.MapPut("/routes", context => TakeAsync(context, RoutesStatus));
        web.MapPut("/apps/{app}", context => TakeAsync(context, 200));
        web.MapPut("/certificates", context => TakeAsync(context, CertificateStatus));
    }

    private async Task TakeAsync(HttpContext context, int status)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        Told.Enqueue((context.Request.Path, await reader.ReadToEndAsync()));
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(status == 200 ? "{\"version\":1}" : "shop.test: the key does not fit");
    }
}
