using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>What concerns an app's visitors.</summary>
public sealed partial class TestControlPlane
{
    public ImmutableSortedDictionary<string, string> Rules { get; private set; } =
        ImmutableSortedDictionary<string, string>.Empty.Add("https-only", "off").Add("max-concurrent", "0").Add("canary", "0");

    public TrafficInfo Traffic { get; private set; } = new("serve", null);

    public bool Affinity { get; private set; }

    public OpenCanary? Canary { get; set; }

    public AppMetrics Metrics { get; set; } = new(0, ImmutableSortedDictionary<string, long>.Empty, 0, 0, 0, 0, null, null);

    private void MapTraffic()
    {
        _web.MapPatch("/apps/{app}", async context =>
        {
            var change = await BodyAsync(context, ProtocolJson.Default.AppChange);
            var app = App(context) with { Maintenance = change!.Maintenance == true };
            Apps[app.Name] = app;
            await AnswerAsync(context, app, ProtocolJson.Default.AppInfo);
        });
        _web.MapGet("/apps/{app}/traffic", context => AnswerAsync(context, Traffic, ProtocolJson.Default.TrafficInfo));
        _web.MapPost("/apps/{app}/traffic/hold", async context =>
        {
            var request = await BodyAsync(context, ProtocolJson.Default.HoldRequest);
            Traffic = new("hold", Wire.Created.AddSeconds(request!.Seconds));
            await AnswerAsync(context, Traffic, ProtocolJson.Default.TrafficInfo);
        });
        _web.MapDelete("/apps/{app}/traffic/hold", context => AnswerAsync(context, Traffic = new("serve", null), ProtocolJson.Default.TrafficInfo));
        _web.MapGet("/apps/{app}/metrics", context => AnswerAsync(context, Metrics, ProtocolJson.Default.AppMetrics));
        _web.MapGet("/metrics", context => context.Response.WriteAsync("# TYPE minipaas_apps gauge\nminipaas_apps 1\n"));
        MapDomains();
        MapRouting();
        MapCanary();
    }

    private void MapDomains()
    {
        _web.MapGet("/apps/{app}/domains", context => AnswerAsync(context, Domains(App(context)), ProtocolJson.Default.ImmutableArrayDomainInfo));
        _web.MapPost("/apps/{app}/domains", async context =>
        {
            var host = (await BodyAsync(context, ProtocolJson.Default.CreateDomain))!.Hostname!;
            if (host == "taken.example.org")
            {
                await FailAsync(context, 422, "invalid_params", $"{host} is in use on this platform already; it must be removed there first.");
                return;
            }
            var app = App(context);
            Apps[app.Name] = app = app with { Domains = app.Domains.Add(host) };
            await AnswerAsync(context, Domains(app)[^1], ProtocolJson.Default.DomainInfo, 201);
        });
        _web.MapDelete("/apps/{app}/domains/{host}", context =>
        {
            var app = App(context);
            var host = (string)context.Request.RouteValues["host"]!;
            Apps[app.Name] = app with { Domains = app.Domains.Remove(host) };
            return AnswerAsync(context, Domains(app).First(domain => domain.Hostname == host), ProtocolJson.Default.DomainInfo);
        });
    }

    private static ImmutableArray<DomainInfo> Domains(AppInfo app) => [.. app.Domains.Select((host, index) =>
        Wire.Domain(host, index == 0 ? null : app.Domains[0]))];

    private void MapRouting()
    {
        _web.MapGet("/apps/{app}/routing", context => AnswerAsync(context, RuleInfos(), ProtocolJson.Default.ImmutableArrayRoutingRuleInfo));
        _web.MapPatch("/apps/{app}/routing", async context =>
        {
            foreach (var (rule, value) in (await BodyAsync(context, ProtocolJson.Default.DictionaryStringString))!)
            {
                Rules = Rules.SetItem(rule, value ?? "0");
            }
            await AnswerAsync(context, RuleInfos(), ProtocolJson.Default.ImmutableArrayRoutingRuleInfo);
        });
        _web.MapGet("/apps/{app}/features", context => AnswerAsync(context, [Feature()], ProtocolJson.Default.ImmutableArrayFeatureInfo));
        _web.MapPatch("/apps/{app}/features/http-session-affinity", async context =>
        {
            Affinity = (await BodyAsync(context, ProtocolJson.Default.FeatureChange))!.Enabled == true;
            await AnswerAsync(context, Feature(), ProtocolJson.Default.FeatureInfo);
        });
    }

    private ImmutableArray<RoutingRuleInfo> RuleInfos() => [.. Rules.Select(rule => new RoutingRuleInfo(rule.Key, rule.Value, "0", $"about {rule.Key}"))];

    private FeatureInfo Feature() => new(
        Wire.Id("affinity"), "http-session-affinity", "Session affinity", "sticky", "http://docs.test", Affinity, null, "general", Wire.Created, Wire.Created);

    private void MapCanary()
    {
        _web.MapGet("/apps/{app}/canary", CanaryAsync);
        _web.MapPatch("/apps/{app}/canary", async context =>
        {
            Canary = Canary! with { Percent = (await BodyAsync(context, ProtocolJson.Default.CanaryChange))!.Percent };
            await CanaryAsync(context);
        });
        _web.MapPost("/apps/{app}/canary", context => Canary is null
            ? FailAsync(context, 409, "conflict", "No canary of this app is under way.")
            : AnswerAsync(context, new CanaryEnd(Canary.Release), ProtocolJson.Default.CanaryEnd, 202));
        _web.MapDelete("/apps/{app}/canary", context => AnswerAsync(context, new CanaryEnd(Canary!.Release), ProtocolJson.Default.CanaryEnd));
    }

    private Task CanaryAsync(HttpContext context) =>
        AnswerAsync(context, new CanaryInfo(int.Parse(Rules["canary"]), Canary), ProtocolJson.Default.CanaryInfo);
}
