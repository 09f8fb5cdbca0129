using System.Text;

namespace MiniPaaS.Daemon.Building;

/// <summary>The words of one build in Heroku's layout: shown as they come, and kept in a file.</summary>
internal sealed class BuildLog : IAsyncDisposable
{
    private readonly StreamWriter file;
    private readonly Func<string, ValueTask> follow;

    private BuildLog(StreamWriter file, SecretMask mask, Func<string, ValueTask> follow)
    {
        this.file = file;
        this.follow = follow;
        Mask = mask;
    }

    /// <summary>Hides what must be in no log.</summary>
    public SecretMask Mask { get; }

    /// <summary>Opens the log of a build.</summary>
    /// <param name="settings">Say where it is kept.</param>
    /// <param name="buildId">Number of the build.</param>
    /// <param name="mask">Hides what must be in no log.</param>
    /// <param name="follow">Gets what is written, one line or several, without the last line end.</param>
    public static BuildLog Open(Settings settings, long buildId, SecretMask mask, Func<string, ValueTask> follow)
    {
        Directory.CreateDirectory(settings.BuildLogs);
        return new BuildLog(
            new StreamWriter(PathOf(settings, buildId), append: false, new UTF8Encoding(false)) { AutoFlush = true }, mask, follow);
    }

    /// <summary>Where the log of a build is kept.</summary>
    public static string PathOf(Settings settings, long buildId) => Path.Combine(settings.BuildLogs, $"{buildId}.log");

    /// <summary>A line as it is, but for what is hidden.</summary>
    public async ValueTask WriteAsync(string line)
    {
        var shown = Mask.Apply(line);
        await file.WriteLineAsync(shown);
        await follow(shown);
    }

    /// <summary>Lines that come together, at once: of a flood each alone would cost more than it says.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            await WriteAsync(string.Join('\n', lines));
        }
    }

    /// <summary>The title of a step.</summary>
    public ValueTask StepAsync(string title) => WriteAsync($"-----> {title}");

    /// <summary>What there is to say of a step.</summary>
    public ValueTask DetailAsync(string text) => WriteAsync($"       {text}");

    /// <summary>A warning or an error.</summary>
    public ValueTask ErrorAsync(string text) => WriteAsync($" !     {text}");

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
