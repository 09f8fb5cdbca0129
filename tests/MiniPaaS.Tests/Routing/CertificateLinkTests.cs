using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Routing;

/// <summary>The link over real unix sockets; what a router does with certificates is tested with the router.</summary>
public sealed class CertificateLinkTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mp-link-");
    private CertificateSet set = new([new RouteCertificate(["shop.test"], "chain", "key")]);
    private RouterStandIn router = null!;
    private RouterLink link = null!;

    public async Task InitializeAsync()
    {
        router = await RouterStandIn.StartAsync(Path.Combine(folder.FullName, "one.sock"));
        link = new RouterLink(
            folder.FullName, new CertificateLink(() => set, NullLogger<CertificateLink>.Instance), TimeProvider.System, NullLogger<RouterLink>.Instance);
    }

    [Fact]
    public async Task A_router_gets_the_certificates_ahead_of_its_routes_and_once()
    {
        await link.CompleteAsync(default);
        await link.RefreshAsync(default);
        await link.PutAsync(Route(), default);

        Assert.Equal(["/certificates", "/routes", "/apps/shop"], router.Told.Select(t => t.Path));
        Assert.Contains("\"chain\":\"chain\"", router.Certificates().Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_that_changed_goes_to_every_router()
    {
        await using var other = await RouterStandIn.StartAsync(Path.Combine(folder.FullName, "two.sock"));
        await link.CompleteAsync(default);

        set = new CertificateSet([]);
        await link.RefreshAsync(default);

        Assert.Equal(2, router.Certificates().Count());
        Assert.Equal("{\"certificates\":[]}", other.Certificates().Last());
    }

    [Fact]
    public async Task An_empty_set_is_told_too_because_a_router_may_remember_an_older_one()
    {
        set = new CertificateSet([]);
        await link.CompleteAsync(default);
        Assert.Equal("{\"certificates\":[]}", router.Certificates().Single());
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    public async Task A_router_that_is_older_or_refuses_still_gets_its_routes_and_is_asked_again_after_a_change(int status)
    {
        router.CertificateStatus = status;
        await link.CompleteAsync(default);
        await link.RefreshAsync(default);
        Assert.Equal(["/certificates", "/routes"], router.Told.Select(t => t.Path));
        Assert.True(await link.InStepAsync(default));

        set = new CertificateSet([]);
        await link.RefreshAsync(default);
        Assert.Equal(2, router.Certificates().Count());
    }

    [Fact]
    public async Task A_router_in_trouble_is_told_everything_again()
    {
        router.CertificateStatus = 500;
        await link.CompleteAsync(default);
        Assert.False(await link.InStepAsync(default));

        router.CertificateStatus = 200;
        await link.RefreshAsync(default);

        Assert.Equal(["/certificates", "/certificates", "/routes"], router.Told.Select(t => t.Path));
        Assert.True(await link.InStepAsync(default));
    }

    [Fact]
    public async Task An_order_waits_until_routers_send_its_challenges_here()
    {
        Assert.False(await link.SendsChallengesAsync("shop", "shop.test", default));
        await link.CompleteAsync(default);
        await link.PutAsync(Route(), default);
        Assert.False(await link.SendsChallengesAsync("shop", "shop.test", default));
        await link.PutAsync(Route() with { Version = 2, Policy = RoutePolicy.Default with { AcmeChallenges = true } }, default);
        Assert.True(await link.SendsChallengesAsync("shop", "shop.test", default));
        Assert.False(await link.SendsChallengesAsync("shop", "other.test", default));
    }

    public async Task DisposeAsync()
    {
        link.Dispose();
        await router.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private static AppRoute Route() => new("shop", 1, 1, ["shop.test"], RouteMode.Serve, []);
}
