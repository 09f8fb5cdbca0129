using System.Text;
using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Tests.Logging;

public sealed class LogTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-log");

    [Fact]
    public void Lines_outlive_the_process_that_wrote_them()
    {
        using (var log = new AppLog(folder.FullName))
        {
            log.Append(["one", "two"]);
        }

        using var again = new AppLog(folder.FullName);
        again.Append(["three"]);
        Assert.Equal(["two", "three"], again.Last(2, _ => true).AsEnumerable());
    }

    [Fact]
    public void The_files_stay_bounded_and_the_newest_lines_stay()
    {
        using var log = new AppLog(folder.FullName);
        var line = new string('x', 1000);
        for (var i = 0; i < 40; i++)
        {
            log.Append([.. Enumerable.Range(0, 1000).Select(n => $"{i}-{n} {line}")]);
        }

        Assert.InRange(folder.EnumerateFiles().Sum(f => f.Length), 8 << 20, 26 << 20);
        Assert.StartsWith("39-999 ", log.Last(1, _ => true).Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_follower_gets_the_past_and_then_every_new_line_once()
    {
        using var log = new AppLog(folder.FullName);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        log.Append([.. Enumerable.Range(0, 100).Select(n => $"{n}")]);
        var writer = Task.Run(() => Enumerable.Range(100, 900).ToList().ForEach(n => log.Append([$"{n}"])));
        var seen = new List<int>();
        await foreach (var line in log.FollowAsync(1000, _ => true, stop.Token))
        {
            seen.Add(int.Parse(line));
            if (seen.Count == 1000)
            {
                break;
            }
        }

        await writer;
        Assert.Equal(Enumerable.Range(0, 1000), seen);
    }

    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\r\n\r\nb", "a||b")]
    [InlineData("", "")]
    public void Bytes_become_lines_wherever_they_are_cut(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var splitter = new LineSplitter();
            var lines = splitter.Add(bytes.AsSpan(0, cut)).Concat(splitter.Add(bytes.AsSpan(cut))).ToList();
            if (splitter.Flush() is { } last)
            {
                lines.Add(last);
            }

            Assert.Equal(expected, string.Join('|', lines));
        }
    }

    [Fact]
    public void A_line_without_end_is_cut_at_ten_thousand_bytes()
    {
        var splitter = new LineSplitter();
        var lines = splitter.Add(Encoding.UTF8.GetBytes(new string('x', 25_000) + "\n"));
        Assert.Equal([10_000, 10_000, 5_000], lines.Select(l => l.Length));
    }

    public void Dispose() => folder.Delete(recursive: true);
}
