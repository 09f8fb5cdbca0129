using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace MiniPaaS.Tests.Cli;

public sealed class TrustTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    private string Fingerprint
    {
        get
        {
            using var root = X509Certificate2.CreateFromPem(_server.RootCertificate);
            return string.Join(':', root.GetCertHashString(HashAlgorithmName.SHA256).Chunk(2).Select(pair => new string(pair)));
        }
    }

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync(IPAddress.Any);
        _paas = new PaasProgram(_server);
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Print_gives_the_certificate_to_anybody_without_a_token()
    {
        _paas.Environment["PAAS_TOKEN"] = null;

        var result = await _paas.RunAsync("certs:trust", "--print");

        Assert.Equal((0, _server.RootCertificate), (result.ExitCode, result.Out));
        Assert.Null(_server.Requests.Single().Authorization);
    }

    [Fact]
    public async Task Without_options_it_says_what_is_to_be_trusted_and_how()
    {
        var text = await _paas.RunAsync("certs:trust");
        var json = await _paas.RunAsync("certs:trust", "--json");

        Assert.Contains($"SHA-256\t{Fingerprint}\n", text.Out, StringComparison.Ordinal);
        Assert.All((string[])["--install", "NODE_EXTRA_CA_CERTS", "Firefox"], word => Assert.Contains(word, text.Err, StringComparison.Ordinal));
        Assert.Equal(Fingerprint, JsonDocument.Parse(json.Out).RootElement.GetProperty("fingerprint").GetString());
    }

    [Fact]
    public async Task A_certificate_from_another_machine_over_plain_HTTP_is_installed_by_its_fingerprint_only()
    {
        // Not a name of loopback, but an address of this machine.
        var server = _server.Url.Replace("paas.localhost", Dns.GetHostName(), StringComparison.Ordinal);
        if ((await Dns.GetHostAddressesAsync(Dns.GetHostName())).Length == 0)
        {
            return;
        }

        var refused = await _paas.RunAsync("certs:trust", "--install", "--server", server);
        var wrong = await _paas.RunAsync("certs:trust", "--install", "--server", server, "--fingerprint", "00:11");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"--fingerprint {Fingerprint}", refused.Err, StringComparison.Ordinal);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("another fingerprint", wrong.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Git_alone_is_told_to_trust_it_for_this_server_alone()
    {
        var result = await _paas.RunAsync("certs:trust", "--git");

        Assert.True(result.ExitCode == 0, result.Err);
        var url = _server.Url.Replace("http:", "https:", StringComparison.Ordinal) + "/";
        var file = (await _paas.RunOtherAsync("git", "config", "--global", $"http.{url}.sslCAInfo")).Out.Trim();
        Assert.Equal(_server.RootCertificate, await File.ReadAllTextAsync(file));
        Assert.Equal(file, (await _paas.RunOtherAsync("git", "config", "--global", "http.https://paas.localhost/.sslCAInfo")).Out.Trim());
    }

    [Fact]
    public async Task Install_by_root_is_for_all_programs_of_the_machine()
    {
        if (!Environment.IsPrivilegedProcess || !Directory.Exists("/usr/local/share/ca-certificates"))
        {
            return;
        }

        // In a mount namespace, so that this machine's own store stays as it is.
        const string script = """
            mount -t tmpfs tmpfs /usr/local/share/ca-certificates
            cp -a /etc/ssl/certs "$HOME/certs" && mount --bind "$HOME/certs" /etc/ssl/certs
            paas certs:trust --install || exit
            certificate=$(paas certs:trust --print | sed -n 2p)
            grep -c -- "$certificate" /etc/ssl/certs/ca-certificates.crt
            ls /usr/local/share/ca-certificates
            """;
        var result = await _paas.RunOtherAsync("unshare", "--mount", "--propagation", "private", "bash", "-ec", script);
        if (result.Err.StartsWith("unshare:", StringComparison.Ordinal))
        {
            return; // a container without the right to mount
        }

        Assert.True(result.ExitCode == 0, result.Err);
        Assert.Contains("is trusted now: by every program", result.Out, StringComparison.Ordinal);
        Assert.Matches(@"\n1\nminipaas-paas\.localhost-[0-9]+\.crt\n$", result.Out);
        Assert.DoesNotContain(Directory.GetFiles("/usr/local/share/ca-certificates"), file => file.EndsWith($"{new Uri(_server.Url).Port}.crt", StringComparison.Ordinal));
    }
}
