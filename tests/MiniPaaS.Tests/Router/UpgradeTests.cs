using System.Net.Sockets;

namespace MiniPaaS.Tests.Router;

/// <summary>The program under its supervisor, replaced and killed under the eyes of visitors who forgive nothing.</summary>
public sealed class UpgradeTests
{
    private const string KeepAlive = "GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n";
    private const string Once = "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task Upgrades_lose_no_request_on_new_or_kept_connections()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await SupervisedRouter.StartAsync(Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var enough = new CancellationTokenSource();
        var visitors = Enumerable.Range(0, 9)
            .Select(number => Task.Run(() => VisitAsync(number % 3 == 0 ? router.Ports.Https : router.Ports.Http, number % 3 != 2, enough.Token)))
            .ToArray();
        for (var upgrade = 0; upgrade < 3; upgrade++)
        {
            await router.UpgradeAsync();
        }

        await enough.CancelAsync();
        var tales = await Task.WhenAll(visitors).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(tales.SelectMany(tale => tale.Failures));
        Assert.All(tales, tale => Assert.True(tale.Served > 3, $"a visitor was served {tale.Served} times"));
        Assert.Contains(tales, tale => tale.Goodbyes > 0);
    }

    [Fact]
    public async Task A_killed_router_comes_back_and_who_comes_meanwhile_waits()
    {
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await SupervisedRouter.StartAsync(Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        var before = router.Pid;
        await router.KillAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            await using var visitor = await RawClient.ConnectAsync(router.Ports.Http);
            await visitor.SayAsync(Once);
            return await visitor.HearAsync("hello");
        }));
        Assert.All(answers, answer => Assert.EndsWith("hello", answer, StringComparison.Ordinal));
        Assert.NotEqual(before, router.Pid);
        Assert.Contains("ended with exit code 137", router.Output, StringComparison.Ordinal);
    }

    private static async Task<(int Served, int Goodbyes, List<string> Failures)> VisitAsync(int port, bool keepAlive, CancellationToken enough)
    {
        var (served, goodbyes, failures) = (0, 0, new List<string>());
        NetworkStream? connection = null;
        while (!enough.IsCancellationRequested)
        {
            var kept = connection is not null;
            try
            {
                connection ??= await RawClient.ConnectAsync(port);
                await connection.SayAsync(keepAlive ? KeepAlive : Once);
                var answer = await connection.HearAsync("hello");
                if (!answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) || !answer.EndsWith("hello", StringComparison.Ordinal))
                {
                    failures.Add($"kept {kept}: '{answer}'");
                }

                served++;
                if (answer.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
                {
                    goodbyes += keepAlive ? 1 : 0;
                    await connection.DisposeAsync();
                    connection = null;
                }
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                failures.Add($"kept {kept}: {failure.Message}");
                connection = null;
            }

            await Task.Delay(Random.Shared.Next(20), CancellationToken.None);
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        return (served, goodbyes, failures);
    }
}
