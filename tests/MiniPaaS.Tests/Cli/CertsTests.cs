using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

public sealed class CertsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset End = new(2027, 11, 21, 3, 40, 0, TimeSpan.Zero);

    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("shop");
        _paas.Environment["PAAS_APP"] = "shop";
        await File.WriteAllTextAsync(Path.Combine(_paas.WorkDirectory, "chain.pem"), "-----BEGIN CERTIFICATE-----\n");
        await File.WriteAllTextAsync(Path.Combine(_paas.WorkDirectory, "key.pem"), "-----BEGIN PRIVATE KEY-----\n");
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Certs_lists_what_visitors_get()
    {
        _server.Certificates = [TestControlPlane.Certificate("shop-test-1", "shop.test"), TestControlPlane.Certificate("a.test", "a.test", acm: true)];

        var result = await _paas.RunAsync("certs");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            "shop-test-1\tshop.test\tshop.test\t2027-11-21T03:40:00Z\tuploaded\na.test\ta.test\ta.test\t2027-11-21T03:40:00Z\tautomatic\n", result.Out);
    }

    [Fact]
    public async Task Without_a_certificate_the_ways_to_one_are_named()
    {
        var result = await _paas.RunAsync("certs");

        Assert.Equal((0, ""), (result.ExitCode, result.Out));
        Assert.All((string[])["certs:add", "certs:auto:enable", "certs:trust"], word => Assert.Contains(word, result.Err, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Add_sends_both_files_and_shows_warnings()
    {
        var result = await _paas.RunAsync("certs:add", "chain.pem", "key.pem", "--domain", "WWW.test");

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("Adding a certificate to shop... done, shop-test-1\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("Warning: It does not name other.test.", result.Err, StringComparison.Ordinal);
        var body = JsonDocument.Parse(_server.Requests.Single(r => r.Method == "POST").Body).RootElement;
        Assert.Equal("-----BEGIN CERTIFICATE-----\n", body.GetProperty("certificate_chain").GetString());
        Assert.Equal("-----BEGIN PRIVATE KEY-----\n", body.GetProperty("private_key").GetString());
        Assert.Equal("www.test", body.GetProperty("domains")[0].GetString());
    }

    [Fact]
    public async Task The_private_key_is_never_printed()
    {
        var result = await _paas.RunAsync("certs:add", "chain.pem", "key.pem", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("PRIVATE KEY", result.Out + result.Err, StringComparison.Ordinal);
        Assert.Contains("\"ca_signed?\":true", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_and_files_that_are_not_there_fail()
    {
        var refused = await _paas.RunAsync("certs:add", "chain.pem", "chain.pem");
        var missing = await _paas.RunAsync("certs:add", "chain.pem", "nowhere.pem");

        Assert.Equal((1, "Error: The private key is not PEM.\n"), (refused.ExitCode, refused.Err));
        Assert.Equal((2, "Error: There is no file nowhere.pem.\n"), (missing.ExitCode, missing.Err));
    }

    [Fact]
    public async Task Update_info_and_remove_are_about_the_only_certificate_or_the_one_named()
    {
        _server.Certificates = [TestControlPlane.Certificate("one", "one.test"), TestControlPlane.Certificate("auto.test", "auto.test", acm: true)];
        Assert.Equal(0, (await _paas.RunAsync("certs:update", "chain.pem", "key.pem")).ExitCode);
        Assert.Contains(_server.Requests, r => r is { Method: "PATCH", Target: "/apps/shop/sni-endpoints/one" });

        _server.Certificates = _server.Certificates.Add(TestControlPlane.Certificate("two", "two.test"));
        var ambiguous = await _paas.RunAsync("certs:remove");
        var info = await _paas.RunAsync("certs:info", "--name", "two");
        var removed = await _paas.RunAsync("certs:remove", "--name", "two");

        Assert.Equal(2, ambiguous.ExitCode);
        Assert.Contains("--name: one, two", ambiguous.Err, StringComparison.Ordinal);
        Assert.Contains("Expires\t2027-11-21T03:40:00Z\n", info.Out, StringComparison.Ordinal);
        Assert.Equal((0, "Removing two from shop... done\n"), (removed.ExitCode, removed.Out));
        Assert.DoesNotContain(_server.Certificates, one => one.Name == "two");
    }

    [Fact]
    public async Task Automatic_certificates_are_enabled_shown_refreshed_and_disabled()
    {
        var before = await _paas.RunAsync("certs:auto");
        _server.Acm = _server.Acm with
        {
            Domains = [new AcmDomain("shop.test", "cert issued", null, End, End.AddDays(-30)), new AcmDomain("x.test", "failing", "No DNS.", null, End)],
        };
        var enabled = await _paas.RunAsync("certs:auto:enable");
        var refreshed = await _paas.RunAsync("certs:auto:refresh", "--json");
        var disabled = await _paas.RunAsync("certs:auto:disable");

        Assert.Contains("certs:auto:enable` has them issued by ca.test", before.Err, StringComparison.Ordinal);
        Assert.Equal(
            "Enabling automatic certificates of shop... done\n"
            + "shop.test\tcert issued\t2027-11-21T03:40:00Z\t2027-10-22T03:40:00Z\t\nx.test\tfailing\t-\t2027-11-21T03:40:00Z\tNo DNS.\n",
            enabled.Out);
        Assert.Equal("failing", JsonDocument.Parse(refreshed.Out).RootElement.GetProperty("domains")[1].GetProperty("acm_status").GetString());
        Assert.Equal("Disabling automatic certificates of shop... done\n", disabled.Out);
        Assert.Equal(["GET", "POST", "PATCH", "DELETE"], _server.Requests.Select(r => r.Method));
    }
}
