using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli.Commands;

/// <summary>Makes this machine trust the platform's local CA, or says how.</summary>
internal static class TrustCommand
{
    private static readonly Option<string?> Server = new("--server") { HelpName = "URL", Description = "Control plane (default: the one of `paas login`)" };

    public static IReadOnlyList<PaasCommand> All()
    {
        var install = new Option<bool>("--install") { Description = "As root: for all programs of this machine; else for your git" };
        var git = new Option<bool>("--git") { Description = "Only for your git, also as root" };
        var print = new Option<bool>("--print") { Description = "Print the certificate as PEM" };
        var fingerprint = new Option<string?>("--fingerprint")
        {
            HelpName = "SHA256",
            Description = "Accept no other certificate; needed to install one that came over plain HTTP from another machine",
        };
        return
        [
            new PaasCommand(
                "certs:trust",
                "Trust the platform's local CA, which signs for hosts without another certificate",
                "paas certs:trust",
                "sudo paas certs:trust --install --server http://paas.localhost",
                "paas certs:trust --print > paas-ca.pem")
            {
                install, git, print, fingerprint, Server, CommonOptions.Json,
            }
            .Runs(async (session, cancellation) =>
            {
                var root = await FetchAsync(session, cancellation);
                Check(root, session.Value(fingerprint));
                if (session.Value(print))
                {
                    session.Out.Raw(root.Pem);
                }
                else if (session.Value(install) || session.Value(git))
                {
                    CheckTransport(root, session.Value(fingerprint));
                    await InstallAsync(session, root, session.Value(git) || !Environment.IsPrivilegedProcess, cancellation);
                }
                else if (!session.Out.Json(Describe(root, installed: null), OutputJson.Default))
                {
                    Explain(session.Out, root);
                }
            }),
        ];
    }

    private static async Task<RootCertificate> FetchAsync(Session session, CancellationToken cancellation)
    {
        var server = ClientSettings.Parse(session.Value(Server), "--server") ?? session.Settings.Server;
        // Public: nobody has to be logged in, and the token is none of its business.
        using var api = new PaasApi(server, token: null);
        var pem = await session.WaitAsync($"Asking {server}", async _ => await api.RootCertificateAsync(cancellation));
        try
        {
            return new RootCertificate(server, X509Certificate2.CreateFromPem(pem));
        }
        catch (CryptographicException)
        {
            throw new PaasException($"{server} did not answer with a certificate. Is it the address of a control plane?");
        }
    }

    private static void Check(RootCertificate root, string? fingerprint)
    {
        if (fingerprint is not null && !fingerprint.Replace(":", "", StringComparison.Ordinal).Equals(root.Hash, StringComparison.OrdinalIgnoreCase))
        {
            throw new PaasException($"The certificate of {root.Server} has another fingerprint: {root.Fingerprint}. Nothing was done.");
        }
    }

    // Who trusts a CA gives it power over every connection: it must not be whatever somebody in between has sent.
    private static void CheckTransport(RootCertificate root, string? fingerprint)
    {
        if (fingerprint is null && !root.Server.IsLocal && root.Server.Uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new PaasException(
                $"The certificate came over plain HTTP from {root.Server}, so anybody in between could have replaced it. Compare its fingerprint with "
                + "`openssl x509 -in /var/lib/minipaas/ca/root.pem -noout -fingerprint -sha256` on the server, then run "
                + $"`paas certs:trust --install --fingerprint {root.Fingerprint}`.");
        }
    }

    private static async Task InstallAsync(Session session, RootCertificate root, bool forGit, CancellationToken cancellation)
    {
        var installed = forGit
            ? await TrustStore.InstallForGitAsync(root, cancellation)
            : await TrustStore.InstallForSystemAsync(root, cancellation);
        if (!session.Out.Json(Describe(root, installed), OutputJson.Default))
        {
            session.Out.Line($"{root.Certificate.Subject} is trusted now: {installed}");
        }
        if (forGit && Environment.GetEnvironmentVariable("GIT_SSL_CAINFO") is { Length: > 0 })
        {
            session.Out.Note("GIT_SSL_CAINFO is set, which git prefers to its configuration: unset it where you push.");
        }
    }

    private static TrustOutput Describe(RootCertificate root, string? installed) =>
        new(root.Certificate.Subject, root.Fingerprint, new DateTimeOffset(root.Certificate.NotAfter.ToUniversalTime()), installed);

    private static void Explain(Output output, RootCertificate root)
    {
        output.Details(root.Certificate.Subject,
        [
            ("Subject", root.Certificate.Subject),
            ("SHA-256", root.Fingerprint),
            ("Expires", CertsCommands.Expiry(output, new DateTimeOffset(root.Certificate.NotAfter.ToUniversalTime()))),
        ]);
        output.Note($"""

            It signs the certificates of hosts that have no other one, for {root.Server} and its apps. To trust it:
              all programs   sudo paas certs:trust --install --server {root.Server}
              only git       paas certs:trust --git
              curl           curl --cacert <(paas certs:trust --print) https://...
              Node           paas certs:trust --print > paas-ca.pem; NODE_EXTRA_CA_CERTS=paas-ca.pem node ...
              Firefox        Settings, Privacy & Security, View Certificates, Authorities, Import
              Chrome         Settings, Privacy and security, Security, Manage certificates
            """);
    }
}
