using System.Text;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class BuildOutputTests : IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("minipaas-log-").FullName;
    private readonly List<string> lines = [];
    private BuildLog log = null!;

    public Task InitializeAsync()
    {
        log = BuildLog.Open(Settings.FromEnvironment() with { StateDir = root }, 1, SecretMask.Of(ConfigVars.From([new("TOKEN", "correct horse battery")])), line =>
        {
            lines.AddRange(line.Split('\n'));
            return ValueTask.CompletedTask;
        });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await log.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Lines_are_shown_when_they_end_however_they_are_cut()
    {
        var output = new BuildOutput(log, 1000);
        foreach (var part in (string[])["a", "b\nc", "\n\nd\r\n", "e"])
        {
            await output.AddAsync(Encoding.UTF8.GetBytes(part));
        }

        Assert.Equal(["ab", "c", "", "d"], lines);
        await output.CompleteAsync();
        Assert.Equal("e", lines[^1]);
        await output.CompleteAsync();
        Assert.Equal(5, lines.Count);
    }

    [Fact]
    public async Task A_character_that_arrives_in_pieces_is_whole()
    {
        var output = new BuildOutput(log, 1000);
        foreach (var octet in Encoding.UTF8.GetBytes("größe\n"))
        {
            await output.AddAsync(new[] { octet });
        }

        Assert.Equal("größe", Assert.Single(lines));
    }

    [Fact]
    public async Task The_value_of_a_config_var_is_hidden_however_it_is_cut_on_the_screen_and_in_the_file()
    {
        var output = new BuildOutput(log, 100_000);
        foreach (var octet in Encoding.UTF8.GetBytes($"{new string('x', 9_995)}correct horse battery\ncorrect horse\nthe end: correct horse bat"))
        {
            await output.AddAsync(new[] { octet });
        }

        await output.CompleteAsync();
        await log.ErrorAsync("It failed: correct horse battery");
        await log.DisposeAsync();
        Assert.Equal(
            [new string('x', 9_995) + "[reda", "cted]", "correct horse", "the end: correct horse bat", " !     It failed: [redacted]"], lines);
        Assert.Equal(lines, await File.ReadAllLinesAsync(Path.Combine(root, "build-logs", "1.log")));
    }

    [Fact]
    public async Task A_value_that_comes_in_pieces_is_hidden_though_something_else_comes_between()
    {
        var output = new BuildOutput(log, 100_000);
        await output.AddAsync("correct horse"u8.ToArray());
        await output.AddAsync("a warning\n"u8.ToArray(), isError: true);
        await output.AddAsync(" battery\n"u8.ToArray());
        Assert.Equal(["a warning", "[redacted]"], lines);
    }

    [Fact]
    public async Task What_is_beyond_the_limit_is_dropped_which_is_said_at_once_and_once()
    {
        var output = new BuildOutput(log, 10);
        await output.AddAsync("one\ntwo\n"u8.ToArray());
        await output.AddAsync("three\n"u8.ToArray());
        Assert.Equal(["one", "two", " !     The build wrote more than 0.0K; the rest of its output is not shown."], lines);
        await output.AddAsync("four\n"u8.ToArray());
        await output.CompleteAsync();
        Assert.Equal(3, lines.Count);
    }

    [Fact]
    public async Task A_flood_ends_the_build_with_little_of_it_kept()
    {
        var output = new BuildOutput(log, 1 << 20, flood: 1L << 30);
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("flood\n", 5_000)));
        var rejection = await Assert.ThrowsAsync<BuildRejectedException>(async () =>
        {
            for (var written = 0L; written <= 2L << 30; written += piece.Length)
            {
                await output.AddAsync(piece);
            }
        });
        Assert.Equal("The build wrote more than 1.0G of output, and was ended.", rejection.Message);
        Assert.InRange(new FileInfo(Path.Combine(root, "build-logs", "1.log")).Length, 1 << 20, (1 << 20) + 200);
    }

    [Fact]
    public async Task A_line_without_an_end_is_cut()
    {
        var output = new BuildOutput(log, 100_000);
        await output.AddAsync(Encoding.UTF8.GetBytes(new string('x', 25_000) + "\n"));
        Assert.Equal([10_000, 10_000, 5_000], lines.Select(l => l.Length));
    }

    [Theory]
    [InlineData(100, "0.1K")]
    [InlineData(296_346, "289.4K")]
    [InlineData(63_648_563, "60.7M")]
    [InlineData(2L << 30, "2.0G")]
    public void Sizes_look_as_Heroku_shows_them(long bytes, string shown) => Assert.Equal(shown, ByteSize.Format(bytes));
}
