using System.Diagnostics;
using System.Globalization;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Successive deployments under load; on an instance without other apps, so that whatever is left over is theirs.</summary>
public sealed class ZeroDowntimeTests(OwnPlatform own) : PlatformTest(own.Platform), IClassFixture<OwnPlatform>
{
    private const int SpareSandboxes = 3;
    private const int Pushes = 20;

    [Fact]
    public async Task Twenty_pushes_under_load_lose_no_request_and_leave_nothing_behind()
    {
        var app = await TestApp.CreateAsync(Platform, "php-hello", "twenty");
        await app.CommitAsync("index.php", Page(0));
        (await app.PushAsync()).Expect();
        await using var load = await Load.StartAsync(app);
        var returned = new long[Pushes + 1];
        returned[0] = Stopwatch.GetTimestamp();

        for (var version = 1; version <= Pushes; version++)
        {
            await app.CommitAsync("index.php", Page(version));
            (await app.PushAsync()).Expect();
            returned[version] = Stopwatch.GetTimestamp();
            await load.AnsweredAsync();
        }

        AssertOneVersionAfterTheOther(await load.StopAsync(), returned);
        await app.SettleAsync();
        await AssertNothingLeftAsync(app);
    }

    // A body of version n: not before its push began, and never once a later one was seen or its push had returned.
    private static void AssertOneVersionAfterTheOther(IReadOnlyList<Answer> answers, long[] returned)
    {
        var highestSeen = 0;
        var finished = new PriorityQueue<int, long>();
        foreach (var answer in answers)
        {
            while (finished.TryPeek(out var seen, out var end) && end < answer.Start)
            {
                finished.Dequeue();
                highestSeen = Math.Max(highestSeen, seen);
            }

            var version = int.Parse(answer.Body!, CultureInfo.InvariantCulture);
            var due = Array.FindLastIndex(returned, moment => moment < answer.Start);
            Assert.True(version >= highestSeen, $"Version {version} answered after version {highestSeen} had");
            Assert.True(version >= due, $"Version {version} answered after the push of version {due} had returned");
            Assert.True(version <= due + 1, $"Version {version} answered while {due + 1} was being pushed");
            finished.Enqueue(version, answer.End);
        }

        Assert.Equal(Pushes, answers.Max(a => int.Parse(a.Body!, CultureInfo.InvariantCulture)));
    }

    private async Task AssertNothingLeftAsync(TestApp app)
    {
        await Eventually.GetAsync(
            "one dyno, its sandbox and the spare ones are left",
            async () => string.Join(' ', (await Platform.Engine.ContainersAsync()).Select(c => c.Kind).Order()),
            kinds => kinds == string.Join(' ', Enumerable.Repeat("sandbox", 1 + SpareSandboxes).Prepend("dyno")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Platform.StateDir, "builds")));
        var slugs = (await app.ReleasesAsync()).Select(r => r.SlugDigest).ToHashSet();
        Assert.Equal(Pushes + 1, slugs.Count);
        Assert.Equal(slugs, (await Platform.Engine.TagsAsync(app.Name)).ToHashSet<string?>());
        Assert.Equal(slugs.Count, (await Platform.Engine.ImagesAsync()).Count);
    }

    private static string Page(int version) => $"<?php echo {version};\n";
}
