using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class CertsCommands
{
    private const int LongestFile = 64 * 1024;

    private static readonly Option<string?> Name = new("--name") { HelpName = "NAME", Description = "Certificate, as `paas certs` names it; default: the only one" };

    private static readonly Option<string[]> Domains = new("--domain", "-d")
    {
        HelpName = "HOST",
        Description = "Domain to present it for; may be repeated (default: all that it names)",
    };

    public static IReadOnlyList<PaasCommand> All() => [List(), Add(), Update(), Info(), Remove()];

    private static PaasCommand List() => new PaasCommand("certs", "List the certificates of an app", "paas certs", "paas certs --json")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Also("certs:list")
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var certificates = await session.AskAsync(api => api.CertificatesAsync(app, cancellation));
        if (session.Out.Json(certificates, ProtocolJson.Default))
        {
            return;
        }
        if (certificates.IsEmpty)
        {
            session.Out.Note($"{app} has no certificate of its own: visitors get one of the local CA (`paas certs:trust`). "
                + "Upload one with `paas certs:add`, or let them be issued with `paas certs:auto:enable`.");
        }
        session.Out.Table(
            ["Name", "Names", "Presented for", "Expires", "Type"],
            certificates.Select(one => (Cell[])
            [
                one.Name,
                string.Join(' ', one.SslCert.CertDomains),
                Hosts(one),
                Expiry(session.Out, one.SslCert.ExpiresAt),
                new Cell(Kind(one.SslCert), Tint.Faint),
            ]));
    });

    private static PaasCommand Add()
    {
        var (chain, key) = FileArguments();
        return new PaasCommand(
            "certs:add",
            "Upload a certificate with its private key; visitors get it at once",
            "paas certs:add fullchain.pem privkey.pem",
            "paas certs:add server.crt server.key --domain www.example.org -a myapp")
        {
            chain, key, Domains, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var upload = await UploadAsync(session, chain, key, cancellation);
            var added = await session.WaitAsync($"Adding a certificate to {app}", async _ => await session.Api.AddCertificateAsync(app, upload, cancellation));
            Report(session, $"Adding a certificate to {app}... done, {added.Name}", added);
        });
    }

    private static PaasCommand Update()
    {
        var (chain, key) = FileArguments();
        return new PaasCommand(
            "certs:update",
            "Put another certificate in the place of one that was uploaded",
            "paas certs:update fullchain.pem privkey.pem",
            "paas certs:update fullchain.pem privkey.pem --name www-example-org-3")
        {
            chain, key, Name, Domains, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var upload = await UploadAsync(session, chain, key, cancellation);
            var name = (await ChosenAsync(session, app, uploadedOnly: true, cancellation)).Name;
            var updated = await session.WaitAsync($"Updating {name} of {app}", async _ => await session.Api.UpdateCertificateAsync(app, name, upload, cancellation));
            Report(session, $"Updating {name} of {app}... done", updated);
        });
    }

    private static PaasCommand Info() => new PaasCommand(
        "certs:info", "Show a certificate", "paas certs:info", "paas certs:info --name www-example-org-3", "paas certs:info --json | jq -r .certificate_chain")
    {
        Name, CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var one = await ChosenAsync(session, app, uploadedOnly: false, cancellation);
        if (!session.Out.Json(one, ProtocolJson.Default))
        {
            session.Out.Details(one.Name, Details(session.Out, one));
            Warn(session, one);
        }
    });

    private static PaasCommand Remove() => new PaasCommand(
        "certs:remove", "Remove a certificate and its key from an app", "paas certs:remove --name www-example-org-3")
    {
        Name, CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var name = (await ChosenAsync(session, app, uploadedOnly: true, cancellation)).Name;
        var removed = await session.WaitAsync($"Removing {name} from {app}", async _ => await session.Api.RemoveCertificateAsync(app, name, cancellation));
        if (!session.Out.Json(removed, ProtocolJson.Default))
        {
            session.Out.Line($"Removing {name} from {app}... done");
        }
    });

    private static (Argument<string> Chain, Argument<string> Key) FileArguments() =>
    (
        new Argument<string>("CHAIN") { Description = "PEM file: the certificate, then its issuers" },
        new Argument<string>("KEY") { Description = "PEM file: its private key, not encrypted" }
    );

    private static async Task<SniEndpointUpload> UploadAsync(
        Session session, Argument<string> chain, Argument<string> key, CancellationToken cancellation)
    {
        var domains = session.Value(Domains) is { Length: > 0 } given ? given.Select(host => host.ToLowerInvariant()).ToImmutableArray() : (ImmutableArray<string>?)null;
        return new SniEndpointUpload(
            await ReadAsync(session.Value(chain)!, cancellation), await ReadAsync(session.Value(key)!, cancellation), domains);
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new PaasException($"There is no file {path}.", ExitCodes.Usage);
        }
        return file.Length <= LongestFile
            ? await File.ReadAllTextAsync(path, cancellation)
            : throw new PaasException($"{path} has {file.Length / 1024} KB; certificates and keys have at most {LongestFile / 1024}.", ExitCodes.Usage);
    }

    private static async Task<SniEndpointInfo> ChosenAsync(Session session, string app, bool uploadedOnly, CancellationToken cancellation)
    {
        var all = await session.AskAsync(api => api.CertificatesAsync(app, cancellation));
        if (session.Value(Name) is { } name)
        {
            return all.FirstOrDefault(one => one.Name == name)
                ?? throw new PaasException($"{app} has no certificate \"{name}\". `paas certs` lists those that it has.");
        }
        var candidates = uploadedOnly ? all.Where(one => !one.SslCert.Acm).ToList() : [.. all];
        return candidates switch
        {
            [var only] => only,
            [] => throw new PaasException($"{app} has no {(uploadedOnly ? "uploaded " : "")}certificate. Add one with `paas certs:add CHAIN KEY`."),
            _ => throw new PaasException($"{app} has several certificates; choose one with --name: {string.Join(", ", candidates.Select(one => one.Name))}.", ExitCodes.Usage),
        };
    }

    private static void Report(Session session, string line, SniEndpointInfo one)
    {
        if (!session.Out.Json(one, ProtocolJson.Default))
        {
            session.Out.Line(line);
            session.Out.Details(one.Name, Details(session.Out, one));
        }
        Warn(session, one);
    }

    private static void Warn(Session session, SniEndpointInfo one)
    {
        foreach (var warning in one.Warnings.IsDefault ? [] : one.Warnings)
        {
            session.Out.Note($"Warning: {warning}");
        }
    }

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, SniEndpointInfo one) =>
    [
        ("Name", one.Name),
        ("Names", string.Join(' ', one.SslCert.CertDomains)),
        ("Presented for", Hosts(one)),
        ("Subject", one.SslCert.Subject),
        ("Issuer", one.SslCert.Issuer),
        ("Valid from", Day(one.SslCert.StartsAt)),
        ("Expires", Expiry(output, one.SslCert.ExpiresAt)),
        ("Type", Kind(one.SslCert)),
    ];

    private static string Hosts(SniEndpointInfo one) => one.Hostnames.IsDefaultOrEmpty ? "-" : string.Join(' ', one.Hostnames);

    private static string Kind(SslCertificateInfo certificate) =>
        certificate.Acm ? "automatic" : certificate.SelfSigned ? "uploaded, self-signed" : "uploaded";

    /// <summary>The end of a validity, in the future as a rule: days left say more there than an age.</summary>
    public static Cell Expiry(Output output, DateTimeOffset end)
    {
        var left = end - TimeProvider.System.GetUtcNow();
        if (!output.Terminal)
        {
            return Day(end);
        }
        return left <= TimeSpan.Zero
            ? new Cell($"{Day(end)} (expired)", Tint.Bad)
            : new Cell($"{Day(end)} ({(left.TotalDays >= 2 ? $"{(int)left.TotalDays} days" : $"{(int)left.TotalHours} h")} left)", left.TotalDays < 7 ? Tint.Busy : Tint.None);
    }

    private static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ");
}
