using System.ComponentModel;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Securing;

/// <summary>How an order ended.</summary>
internal abstract record AcmeOutcome
{
    /// <summary>The authority issued a certificate, which is valid and for the host.</summary>
    internal sealed record Issued(Certificate Certificate) : AcmeOutcome;

    /// <summary>It did not.</summary>
    internal sealed record Refused(AcmeProblem Problem) : AcmeOutcome;
}

/// <summary>Orders certificates with <c>lego</c>, one at a time: all orders share one account.</summary>
internal sealed class AcmeClient(AcmeSettings settings, AcmeChallenges challenges, TimeProvider time)
{
    private const string Program = "lego";
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>What this machine lacks for automatic certificates, or null.</summary>
    public string? Missing =>
        settings.Email is null
            ? "Automatic certificates need an e-mail address for the account at the certificate authority. Set MINIPAAS_ACME_EMAIL=you@example.org "
                + "in the settings file on the server (/etc/minipaas/minipaas.env) and run `minipaas-services restart daemon` there."
            : !HostProcess.IsInstalled(Program) ? NoProgram
            : settings.CaCertificates is { } file && !File.Exists(file)
                ? $"MINIPAAS_ACME_CA_CERTIFICATES names {file}, which is not there. Put the certificates of the authority's server there, as PEM."
            : null;

    private static string NoProgram =>
        "Automatic certificates need the program lego, which is not installed on the server. Install it there with `apt-get install lego`.";

    private string Certificates => Path.Combine(settings.StateDir, "certificates");

    /// <summary>
    /// Gets a certificate for one host, at most within five minutes. One that an order left behind, because this program
    /// ended before it could take it, is taken instead of ordering again.
    /// </summary>
    public async Task<AcmeOutcome> OrderAsync(string host, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            if (Left(host) is { } left && left.RenewAt > time.GetUtcNow())
            {
                return new AcmeOutcome.Issued(left);
            }

            if (Missing is { } missing)
            {
                return Refused(missing);
            }

            System.IO.Directory.CreateDirectory(settings.StateDir, Own);
            System.IO.Directory.CreateDirectory(challenges.WebRoot, Own);
            if (await RunAsync(host, ct) is { } problem)
            {
                return new AcmeOutcome.Refused(problem);
            }

            return Left(host) is { } issued
                ? new AcmeOutcome.Issued(issued)
                : Refused("lego reported success, but the certificate that it left cannot be used. See the daemon's log and try `paas certs:auto:refresh`.");
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Removes what orders left for a host, once it is kept elsewhere.</summary>
    public void Discard(string host)
    {
        foreach (var ending in new[] { ".crt", ".key", ".issuer.crt", ".json" })
        {
            File.Delete(Path.Combine(Certificates, host + ending));
        }
    }

    /// <summary>Hosts that orders left something for.</summary>
    public IEnumerable<string> LeftHosts() =>
        System.IO.Directory.Exists(Certificates)
            ? System.IO.Directory.EnumerateFiles(Certificates, "*.key").Select(file => Path.GetFileNameWithoutExtension(file))
            : [];

    private static AcmeOutcome.Refused Refused(string reason) => new(new AcmeProblem(reason, IsRateLimit: false));

    private async Task<AcmeProblem?> RunAsync(string host, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            await HostProcess.RunAsync(
            [
                Program,
                $"--server={settings.Directory}",
                $"--email={settings.Email}",
                "--accept-tos",
                $"--path={settings.StateDir}",
                $"--domains={host}",
                "--key-type=ec256",
                "--http",
                $"--http.webroot={challenges.WebRoot}",
                "run",
            ],
            settings.StateDir,
            Environment(),
            limit.Token);
            return null;
        }
        catch (HostProcessException e)
        {
            return AcmeProblem.Of(host, e.Errors);
        }
        catch (Win32Exception)
        {
            return new AcmeProblem(NoProgram, IsRateLimit: false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new AcmeProblem($"{settings.Directory.Host} did not finish the order within {Longest.TotalMinutes:0} minutes.", IsRateLimit: false);
        }
    }

    // The daemon's own environment is not inherited, but how this machine reaches the internet is the client's business too.
    private Dictionary<string, string> Environment()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = settings.StateDir };
        foreach (var name in new[] { "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy" })
        {
            if (System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                environment[name] = value;
            }
        }

        if (settings.CaCertificates is { } certificates)
        {
            environment["LEGO_CA_CERTIFICATES"] = certificates;
        }

        return environment;
    }

    private Certificate? Left(string host)
    {
        var (chain, key) = (Path.Combine(Certificates, $"{host}.crt"), Path.Combine(Certificates, $"{host}.key"));
        return File.Exists(chain) && File.Exists(key)
            && CertificateReader.TryRead(File.ReadAllText(chain), File.ReadAllText(key), time.GetUtcNow(), out var certificate, out _)
            && certificate.IsFor(host)
                ? certificate
                : null;
    }
}
