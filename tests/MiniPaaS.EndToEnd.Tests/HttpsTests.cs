using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>A platform whose certificate authority is a pebble of its own.</summary>
public sealed class AcmePlatform : IAsyncLifetime
{
    // Renewed after two thirds of it.
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(45);

    internal Platform Platform { get; private set; } = null!;

    internal Pebble Pebble { get; private set; } = null!;

    public async Task InitializeAsync() => Platform = await Platform.StartAsync(async port =>
    {
        Pebble = await Pebble.StartAsync(port, Validity);
        return new Dictionary<string, string>
        {
            ["MINIPAAS_ACME_DIRECTORY"] = Pebble.Directory,
            ["MINIPAAS_ACME_EMAIL"] = "ada@example.org",
            ["MINIPAAS_ACME_CA_CERTIFICATES"] = Pebble.CaCertificates,
        };
    });

    public async Task DisposeAsync()
    {
        if (Platform is not null)
        {
            await Platform.DisposeAsync();
        }

        if (Pebble is not null)
        {
            await Pebble.DisposeAsync();
        }
    }
}

/// <summary>Certificates from where they come from to the visitor who is shown them.</summary>
public sealed class HttpsTests(AcmePlatform acme) : PlatformTest(acme.Platform), IClassFixture<AcmePlatform>
{
    [Fact]
    public async Task Every_host_has_a_certificate_of_the_local_CA_from_the_start()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "https-local");
        using var root = await RootAsync();

        await Eventually.HoldsAsync("the app's host is trusted by whoever trusts the CA", () => IsTrustedAsync("https-local.localhost", root));
        Assert.True(await IsTrustedAsync("paas.localhost", root));
        Assert.Equal(root.ExportCertificatePem(), (await app.PaasAsync("certs:trust", "--print")).Trim());
        var curl = await Command.RunAsync(
            "curl",
            ["-sS", "--cacert", Path.Combine(Platform.StateDir, "ca", "root.pem"), "--resolve", $"paas.localhost:{Platform.Port}:127.0.0.1", $"https://paas.localhost:{Platform.Port}/healthz"]);
        Assert.Equal("ok", curl.Expect().Output);
    }

    [Fact]
    public async Task Git_pushes_over_HTTPS_once_it_was_told_to_trust_the_CA()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "https-push");
        var url = $"https://paas.localhost:{Platform.Port}/https-push.git";
        await app.GitAsync("config", $"credential.https://paas.localhost:{Platform.Port}.helper", $"!{Platform.CliProgram} git:credentials");

        Assert.Contains("certificate", (await GitAsync(app, "push", url, "master")).Errors, StringComparison.Ordinal);
        await app.PaasAsync("certs:trust", "--git");
        (await GitAsync(app, "push", url, "master")).Expect();
        Assert.Equal("version 1", await app.GetAsync());
    }

    [Fact]
    public async Task An_uploaded_certificate_is_presented_when_the_command_returns_and_no_more_after_it_is_removed()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "https-own");
        await app.PaasAsync("domains:add", "own.test");
        var first = WriteCertificate(app, "own.test");
        Assert.Contains("self-signed", (await app.TryPaasAsync("certs:add", "chain.pem", "key.pem")).Expect().Errors, StringComparison.Ordinal);
        Assert.Equal(first, await PresentedAsync("own.test"));

        var second = WriteCertificate(app, "own.test");
        await app.PaasAsync("certs:update", "chain.pem", "key.pem");
        Assert.Equal(second, await PresentedAsync("own.test"));
        Assert.DoesNotContain("PRIVATE KEY", await app.PaasAsync("certs:info", "--json"), StringComparison.Ordinal);

        await app.PaasAsync("certs:remove");
        using var root = await RootAsync();
        Assert.True(await IsTrustedAsync("own.test", root));
    }

    [Fact]
    public async Task A_domain_gets_a_certificate_by_ACME_which_is_renewed_under_open_connections()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "https-acme");
        await app.PaasAsync("domains:add", "acme.test");

        // 1. DNS does not know the name yet: that is what its owner reads, there and in the log.
        Assert.Contains("excluded", (await app.PaasAsync("certs:auto:enable")).Split('\n').Single(l => l.StartsWith("https-acme.localhost", StringComparison.Ordinal)), StringComparison.Ordinal);
        var failing = await StatusAsync(app, "failing");
        Assert.Contains("acme.test cannot be resolved", failing.GetProperty("acm_status_reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("paas[acme]: No certificate for acme.test", await app.PaasAsync("logs", "-n", "5000"), StringComparison.Ordinal);

        // 2. Once it does, the order is repeated on request, and visitors are shown what was issued.
        acme.Pebble.Resolve("acme.test", IPAddress.Loopback);
        await app.PaasAsync("certs:auto:refresh");
        await StatusAsync(app, "cert issued");
        await using var visit = await Eventually.GetAsync(
            "pebble's certificate is presented", () => TlsVisit.OpenAsync(Platform.Port, "acme.test"), v => IsPebbles(v.Certificate));
        Assert.Contains("automatic", await app.PaasAsync("certs"), StringComparison.Ordinal);
        var status = await visit.GetStatusAsync("/");

        // 3. With a third of its lifetime left there is another one; who came before notices nothing.
        var first = visit.Certificate.SerialNumber;
        await Eventually.HoldsAsync("another certificate is presented", async () =>
        {
            await using var later = await TlsVisit.OpenAsync(Platform.Port, "acme.test");
            return IsPebbles(later.Certificate) && later.Certificate.SerialNumber != first;
        });
        Assert.Equal(status, await visit.GetStatusAsync("/"));

        // 4. Without it, the local CA takes over again.
        await app.PaasAsync("certs:auto:disable");
        using var root = await RootAsync();
        Assert.True(await IsTrustedAsync("acme.test", root));
    }

    [Fact]
    public async Task A_restarted_daemon_goes_on_with_the_same_CA_and_certificates()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "https-restart");
        await app.PaasAsync("domains:add", "kept.test");
        var own = WriteCertificate(app, "kept.test");
        await app.PaasAsync("certs:add", "chain.pem", "key.pem");
        using var before = await RootAsync();

        await Platform.KillDaemonAsync();
        Assert.Equal(own, await PresentedAsync("kept.test"));
        await Platform.StartDaemonAsync();

        using var after = await RootAsync();
        Assert.Equal(before.Thumbprint, after.Thumbprint);
        Assert.Equal(own, await PresentedAsync("kept.test"));
    }

    // A machine may set this variable for all its users; it goes before the configuration.
    private static Task<CommandResult> GitAsync(TestApp app, params string[] arguments) =>
        Command.RunAsync("env", ["--unset=GIT_SSL_CAINFO", "git", .. arguments], app.Folder, app.Platform.UserEnvironment());

    private static bool IsPebbles(X509Certificate2 certificate) => certificate.Issuer.Contains("Pebble", StringComparison.Ordinal);

    private async Task<JsonElement> StatusAsync(TestApp app, string wanted) => await Eventually.GetAsync(
        $"the certificate of acme.test is \"{wanted}\"",
        async () => JsonDocument.Parse(await app.PaasAsync("certs:auto", "--json")).RootElement.GetProperty("domains").EnumerateArray()
            .Single(domain => domain.GetProperty("hostname").GetString() == "acme.test"),
        domain => domain.GetProperty("acm_status").GetString() == wanted);

    private async Task<string> PresentedAsync(string host)
    {
        await using var visit = await TlsVisit.OpenAsync(Platform.Port, host);
        return visit.Certificate.Thumbprint;
    }

    private async Task<bool> IsTrustedAsync(string host, X509Certificate2 root)
    {
        try
        {
            await using var visit = await TlsVisit.OpenAsync(Platform.Port, host);
            return visit.IsTrustedBy(root);
        }
        catch (Exception e) when (e is System.Security.Authentication.AuthenticationException or IOException)
        {
            return false;
        }
    }

    private async Task<X509Certificate2> RootAsync()
    {
        using var answer = await Platform.ApiAsync(HttpMethod.Get, "/platform/ca.pem", token: null);
        answer.EnsureSuccessStatusCode();
        return X509Certificate2.CreateFromPem(await answer.Content.ReadAsStringAsync());
    }

    // Self-signed, beside the app's files; returns its thumbprint.
    private static string WriteCertificate(TestApp app, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        app.Write("chain.pem", certificate.ExportCertificatePem());
        app.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }
}
