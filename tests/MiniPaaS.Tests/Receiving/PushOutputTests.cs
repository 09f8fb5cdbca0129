using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

public sealed class PushOutputTests
{
    [Fact]
    public async Task Lines_from_several_tasks_stay_whole()
    {
        using var stream = new MemoryStream();
        using var output = new PushOutput(stream, TimeSpan.FromSeconds(30));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () => await output.WriteLineAsync($"line {i}"))));
        var lines = System.Text.Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"line {i}").Append("").Order(), lines.Order());
    }

    [Fact]
    public async Task Lines_that_come_faster_than_they_can_be_shown_are_counted_instead_of_kept()
    {
        var pipe = new System.IO.Pipelines.Pipe(new(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        using var output = new PushOutput(pipe.Writer.AsStream(), TimeSpan.FromMinutes(10));
        var lines = new PushLines(output);
        for (var i = 0; i < 100_000; i++)
        {
            lines.Say($"line {i}");
        }

        var finished = lines.FinishAsync();
        _ = finished.ContinueWith(_ => pipe.Writer.Complete(), TaskScheduler.Default);
        using var reader = new StreamReader(pipe.Reader.AsStream());
        var shown = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await finished;
        Assert.Equal("       line 0", shown[0]);
        Assert.InRange(shown.Length, 1000, 2000);
        Assert.EndsWith("lines came too fast to be shown here; the app's log has the last of them (paas logs).", shown[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_left_or_stands_still_holds_nobody_up()
    {
        using var left = new PushOutput(new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0), TimeSpan.FromSeconds(30));
        await left.WriteLineAsync("no room");

        var still = new System.IO.Pipelines.Pipe(new(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        using var patient = new PushOutput(still.Writer.AsStream(), TimeSpan.FromMilliseconds(50));
        await patient.WriteLineAsync("nobody reads this");
        await patient.WriteLineAsync("nor this");
    }
}
