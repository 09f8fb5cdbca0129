using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class DomainCommands
{
    private const string Custom = "custom";

    public static IReadOnlyList<PaasCommand> All() => [List(), Add(), Remove(), Clear()];

    private static PaasCommand List() => new PaasCommand("domains", "List an app's domains", "paas domains", "paas domains --json | jq -r '.[].hostname'")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var domains = await session.AskAsync(api => api.DomainsAsync(app, cancellation));
        if (!session.Out.Json(domains, ProtocolJson.Default))
        {
            session.Out.Table(
                ["Domain", "Kind", "DNS target"],
                domains.Select(domain => (Cell[])[domain.Hostname, domain.Kind == Custom ? Custom : "platform", new Cell(domain.Cname ?? "-", Tint.Faint)]));
        }
    });

    private static PaasCommand Add()
    {
        var host = HostArgument();
        return new PaasCommand("domains:add", "Let an app answer to another host name", "paas domains:add www.example.org", "paas domains:add '*.example.org'")
        {
            host, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var what = $"Adding {session.Value(host)} to {app}";
            var domain = await session.WaitAsync(what, async _ => await session.Api.AddDomainAsync(app, session.Value(host)!, cancellation));
            if (!session.Out.Json(domain, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... done");
                session.Out.Line($"Point its DNS entry to {Printable.Cell(domain.Cname ?? domain.Hostname)}");
            }
        });
    }

    private static PaasCommand Remove()
    {
        var host = HostArgument();
        return new PaasCommand("domains:remove", "Take a host name away from an app", "paas domains:remove www.example.org")
        {
            host, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var what = $"Removing {session.Value(host)} from {app}";
            var domain = await session.WaitAsync(what, async _ => await session.Api.RemoveDomainAsync(app, session.Value(host)!, cancellation));
            if (!session.Out.Json(domain, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... done");
            }
        });
    }

    private static PaasCommand Clear() => new PaasCommand("domains:clear", "Take all host names away from an app but the platform's own", "paas domains:clear -a myapp")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var what = $"Removing all domains from {app}";
        var removed = await session.WaitAsync(what, async _ =>
        {
            var gone = ImmutableArray.CreateBuilder<DomainInfo>();
            foreach (var domain in (await session.Api.DomainsAsync(app, cancellation)).Where(domain => domain.Kind == Custom))
            {
                gone.Add(await session.Api.RemoveDomainAsync(app, domain.Hostname, cancellation));
            }
            return gone.ToImmutable();
        });
        if (!session.Out.Json(removed, ProtocolJson.Default))
        {
            session.Out.Line($"{what}... done{(removed.IsEmpty ? ", there were none" : $", {string.Join(", ", removed.Select(domain => Printable.Cell(domain.Hostname)))}")}");
        }
    });

    private static Argument<string> HostArgument() => new("HOST") { Description = "Host name without port, as in www.example.org or '*.example.org'" };
}
