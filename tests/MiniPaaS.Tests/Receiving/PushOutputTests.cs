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
