using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>Certificates that the platform orders and renews by itself, in the verbs of Heroku's ACM.</summary>
internal static class AutomaticCertsCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Status(), Enable(), Disable(), Refresh()];

    private static PaasCommand Status() => new PaasCommand(
        "certs:auto", "Show how the automatic certificates of an app stand", "paas certs:auto", "paas certs:auto --json")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        Print(session, app, await session.AskAsync(api => api.AutomaticCertificatesAsync(app, cancellation)));
    });

    private static PaasCommand Enable() => Change(
        "certs:auto:enable",
        "Have certificates for all domains of an app issued and renewed by ACME; this accepts the authority's terms",
        "Enabling automatic certificates of",
        (api, app, cancellation) => api.EnableAutomaticCertificatesAsync(app, cancellation));

    private static PaasCommand Disable() => Change(
        "certs:auto:disable",
        "Stop it, and remove the certificates that were issued",
        "Disabling automatic certificates of",
        (api, app, cancellation) => api.DisableAutomaticCertificatesAsync(app, cancellation));

    private static PaasCommand Refresh() => Change(
        "certs:auto:refresh",
        "Try again now what failed, as after a change of DNS records",
        "Trying again for",
        (api, app, cancellation) => api.RefreshAutomaticCertificatesAsync(app, cancellation));

    private static PaasCommand Change(
        string name, string description, string doing, Func<PaasApi, string, CancellationToken, Task<AcmInfo>> change) =>
        new PaasCommand(name, description, $"paas {name}", $"paas {name} -a myapp")
        {
            CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var state = await session.WaitAsync($"{doing} {app}", async _ => await change(session.Api, app, cancellation));
            if (!session.Out.WantsJson)
            {
                session.Out.Line($"{doing} {app}... done");
            }
            Print(session, app, state);
        });

    private static void Print(Session session, string app, AcmInfo state)
    {
        if (session.Out.Json(state, ProtocolJson.Default))
        {
            return;
        }
        if (!state.Enabled)
        {
            session.Out.Note($"Automatic certificates are disabled for {app}. `paas certs:auto:enable` has them issued by {new Uri(state.Directory).Host}.");
            return;
        }
        session.Out.Table(
            ["Domain", "Status", "Expires", "Next attempt", "Reason"],
            state.Domains.Select(domain => (Cell[])
            [
                domain.Hostname,
                new Cell(domain.AcmStatus, TintOf(domain.AcmStatus)),
                domain.ExpiresAt is { } end ? CertsCommands.Expiry(session.Out, end) : "-",
                domain.NextAttemptAt is { } next ? $"{next.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" : "-",
                domain.AcmStatusReason ?? "",
            ]));
    }

    private static Tint TintOf(string status) => status switch
    {
        "cert issued" => Tint.Good,
        "failing" => Tint.Bad,
        "excluded" => Tint.Faint,
        _ => Tint.Busy,
    };
}
