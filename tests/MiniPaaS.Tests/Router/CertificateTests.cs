using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

public sealed class CertificateTests
{
    [Fact]
    public async Task A_host_gets_its_own_certificate_before_one_with_a_wildcard_before_one_of_the_local_authority()
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();
        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1));
        await router.PutAsync("/certificates", new CertificateSet(
        [
            authority.Certify("wild", "*.example.org"),
            authority.Certify("exact", "www.example.org", "example.org"),
            authority.Certify("second", "www.example.org"),
        ]));
        Assert.Equal("CN=exact", await SubjectAsync("www.example.org"));
        Assert.Equal("CN=exact", await SubjectAsync("WWW.Example.ORG"));
        Assert.Equal("CN=exact", await SubjectAsync("example.org"));
        Assert.Equal("CN=wild", await SubjectAsync("blog.example.org"));
        Assert.Equal("CN=shop.localhost", await SubjectAsync("shop.localhost"));
        Assert.Equal("CN=paas.localhost", await SubjectAsync("paas.localhost"));
        Assert.True(await TlsClient.IsRefusedAsync(router.Port, "a.blog.example.org", authority.Root));
        Assert.True(await TlsClient.IsRefusedAsync(router.Port, "nowhere.localhost", authority.Root));

        Task<string> SubjectAsync(string host) => TlsClient.SubjectAsync(router.Port, host, authority.Root);
    }

    [Fact]
    public async Task A_set_replaces_the_one_before_without_touching_connections_and_a_bad_one_changes_nothing()
    {
        using var authority = new TestAuthority();
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(
            null, Make.Route("shop", 1, Make.Target("c1", backend.Address)) with { Hosts = ["www.example.org"] });
        await router.PutAsync("/certificates", new CertificateSet([authority.Certify("first", "www.example.org")]));
        await using var open = await TlsClient.ConnectAsync(router.Port, "www.example.org", authority.Root);

        var other = authority.Certify("other", "shop.example.org");
        using var refused = await router.TryPutAsync("/certificates", new CertificateSet(
            [authority.Certify("second", "www.example.org"), other with { Key = authority.Certify("x", "x.org").Key }]));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var said = await refused.Content.ReadAsStringAsync();
        Assert.Contains("shop.example.org", said, StringComparison.Ordinal);
        Assert.DoesNotContain("www.example.org", said, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", said, StringComparison.Ordinal);
        Assert.Equal("CN=first", await TlsClient.SubjectAsync(router.Port, "www.example.org", authority.Root));

        await router.PutAsync("/certificates", new CertificateSet([authority.Certify("third", "www.example.org")]));
        Assert.Equal("CN=third", await TlsClient.SubjectAsync(router.Port, "www.example.org", authority.Root));
        await open.SayAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n");
        Assert.EndsWith("hello", await open.HearAsync("\0 never: until it closes"), StringComparison.Ordinal);

        await router.PutAsync("/certificates", new CertificateSet([]));
        Assert.True(await TlsClient.IsRefusedAsync(router.Port, "www.example.org", authority.Root));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"certificates\":null}")]
    [InlineData("{\"certificates\":[null]}")]
    [InlineData("{\"certificates\":[{\"hosts\":[],\"chain\":\"x\",\"key\":\"y\"}]}")]
    [InlineData("{\"certificates\":[{\"hosts\":[\"a.org\"],\"chain\":\"x\",\"key\":\"y\"}]}")]
    [InlineData("{\"certificates\":[{\"hosts\":[\"\"],\"chain\":\"x\",\"key\":\"y\"}]}")]
    [InlineData("nonsense")]
    public async Task What_is_no_set_is_refused(string body)
    {
        await using var router = await TestRouter.StartAsync();
        using var admin = TestRouter.AdminClient(router.Settings.AdminSocket);
        using var answer = await admin.PutAsync("/certificates", new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_restarted_router_has_the_certificates_without_the_control_plane_in_a_file_of_its_own()
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();
        var first = await TestRouter.StartAsync(settings);
        await first.PutAsync("/certificates", new CertificateSet([authority.Certify("kept", "www.example.org")]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(settings.CertificatesPath));
        await first.StopAsync();

        var second = await TestRouter.StartAsync(settings);
        Assert.Equal("CN=kept", await TlsClient.SubjectAsync(second.Port, "www.example.org", authority.Root));
        await second.StopAsync();

        await File.WriteAllTextAsync(settings.CertificatesPath, "{\"certificates\":[{\"hosts\":");
        await using var third = await TestRouter.StartAsync(settings);
        Assert.True(await TlsClient.IsRefusedAsync(third.Port, "www.example.org", authority.Root));
    }

    [Fact]
    public async Task A_disk_that_cannot_be_written_does_not_keep_certificates_out_of_force()
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();

        // A file where the directory should be: root cannot write there either.
        await File.WriteAllTextAsync(Path.Combine(settings.StateDir, "router"), "");
        await using var router = await TestRouter.StartAsync(settings);
        await router.PutAsync("/certificates", new CertificateSet([authority.Certify("kept", "www.example.org")]));
        Assert.Equal("CN=kept", await TlsClient.SubjectAsync(router.Port, "www.example.org", authority.Root));
    }

    [Fact]
    public async Task A_certificate_of_the_local_authority_says_what_browsers_want()
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();
        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1));
        foreach (var protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            await using var visitor = await TlsClient.ConnectAsync(router.Port, "shop.localhost", authority.Root, protocol);
            Assert.Equal(protocol, visitor.SslProtocol);
            using var leaf = new X509Certificate2(visitor.RemoteCertificate!);
            Assert.Equal(["shop.localhost"], leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
            Assert.Equal("1.3.6.1.5.5.7.3.1", leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value);
            Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
            Assert.InRange(leaf.NotAfter - leaf.NotBefore, TimeSpan.FromDays(29), TimeSpan.FromDays(31));
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Who_names_an_address_gets_a_certificate_with_addresses(string host)
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();
        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings);
        await using var visitor = await TlsClient.ConnectAsync(router.Port, host, authority.Root);
        Assert.True(visitor.IsAuthenticated);
    }

    [Fact]
    public async Task The_issuer_is_read_anew_when_its_file_changes_and_the_old_one_stays_while_it_cannot_be()
    {
        using var authority = new TestAuthority("Old");
        using var next = new TestAuthority("New");
        var settings = TestRouter.NewSettings();
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1));
        Assert.True(await TlsClient.IsRefusedAsync(router.Port, "shop.localhost", authority.Root));

        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, authority);
        Assert.Equal("CN=shop.localhost", await TlsClient.SubjectAsync(router.Port, "shop.localhost", authority.Root));

        await File.WriteAllTextAsync(settings.IssuerPath, "this is no PEM");
        Assert.Equal("CN=shop.localhost", await TlsClient.SubjectAsync(router.Port, "shop.localhost", authority.Root));
        File.Delete(settings.IssuerPath);
        Assert.Equal("CN=shop.localhost", await TlsClient.SubjectAsync(router.Port, "shop.localhost", authority.Root));

        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, next);
        Assert.Equal("CN=shop.localhost", await TlsClient.SubjectAsync(router.Port, "shop.localhost", next.Root));
    }

    [Fact]
    public async Task An_app_that_goes_takes_its_certificate_along()
    {
        using var authority = new TestAuthority();
        var settings = TestRouter.NewSettings();
        await FrontDoorTests.WriteIssuerAsync(settings.IssuerPath, authority);
        await using var router = await TestRouter.StartAsync(settings, Make.Route("shop", 1));
        Assert.Equal("CN=shop.localhost", await TlsClient.SubjectAsync(router.Port, "shop.localhost", authority.Root));
        using var gone = await router.DeleteAsync("/apps/shop");
        Assert.True(await TlsClient.IsRefusedAsync(router.Port, "shop.localhost", authority.Root));
    }
}
