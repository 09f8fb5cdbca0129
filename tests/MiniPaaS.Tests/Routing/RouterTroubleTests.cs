using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Routing;

/// <summary>What is said of a router that does not take what it is told, which it is several times a second.</summary>
public sealed class RouterTroubleTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mp-trouble-");

    [Fact]
    public async Task A_router_that_refuses_routes_is_told_of_once_and_when_it_is_over()
    {
        var log = new Lines();
        var set = new CertificateSet([new RouteCertificate(["shop.test"], "chain", "key")]);
        await using var router = await RouterStandIn.StartAsync(Path.Combine(folder.FullName, "one.sock"));
        using var link = new RouterLink(
            folder.FullName, new CertificateLink(() => set, NullLogger<CertificateLink>.Instance), TimeProvider.System, log);
        router.RoutesStatus = 409;
        await link.CompleteAsync(default);
        await RefreshAsync(link, 4);
        var refused = Assert.Single(log.Written);
        Assert.Contains("It answered 409: shop.test: the key does not fit", refused, StringComparison.Ordinal);

        router.RoutesStatus = 500;
        await RefreshAsync(link, 3);
        router.RoutesStatus = 409;
        await RefreshAsync(link, 2);
        Assert.Equal(2, log.Written.Count);
        Assert.False(await link.InStepAsync(default));

        router.RoutesStatus = 200;
        await RefreshAsync(link, 3);
        Assert.True(await link.InStepAsync(default));
        Assert.EndsWith("takes changes again, after it did not 10 times", log.Written.Last(), StringComparison.Ordinal);
        Assert.Equal(3, log.Written.Count);

        // Nor does the router hear, and say, over and over what it has.
        Assert.Single(router.Certificates());
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static async Task RefreshAsync(RouterLink link, int times)
    {
        for (var time = 0; time < times; time++)
        {
            await link.RefreshAsync(default);
        }
    }

    private sealed class Lines : ILogger<RouterLink>
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Written.Enqueue(formatter(state, exception));
    }
}
