using System.Globalization;
using System.Text;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>A file as git keeps it.</summary>
/// <param name="Mode">As in <c>100644</c>.</param>
/// <param name="Mark">Number of its content.</param>
internal readonly record struct SourceFile(string Mode, int Mark);

/// <summary>Writes what <c>git fast-import</c> reads (git-fast-import(1)).</summary>
internal sealed class FastImport(Stream input)
{
    private int marks;

    /// <summary>Writes a content and returns its number.</summary>
    public async Task<int> BlobAsync(Stream content, long length, CancellationToken ct)
    {
        await WriteAsync($"blob\nmark :{++marks}\ndata {length}\n", ct);
        await content.CopyToAsync(input, ct);
        await WriteAsync("\n", ct);
        return marks;
    }

    /// <summary>Writes a commit without parents.</summary>
    /// <param name="reference">Full name of the ref that gets it.</param>
    /// <param name="time">Its time, to the second.</param>
    /// <param name="message">Its message.</param>
    /// <param name="files">Its files by path, parts divided by <c>/</c>.</param>
    /// <param name="ct">Ends it.</param>
    public async Task CommitAsync(
        string reference, DateTimeOffset time, string message, IEnumerable<KeyValuePair<string, SourceFile>> files, CancellationToken ct)
    {
        var seconds = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        await WriteAsync($"commit {reference}\ncommitter MiniPaaS <minipaas@localhost> {seconds} +0000\n", ct);
        await WriteAsync($"data {Encoding.UTF8.GetByteCount(message)}\n{message}\n", ct);
        foreach (var (path, file) in files)
        {
            await WriteAsync($"M {file.Mode} :{file.Mark} {Quote(path)}\n", ct);
        }

        await WriteAsync("\n", ct);
    }

    private async Task WriteAsync(string text, CancellationToken ct) => await input.WriteAsync(Encoding.UTF8.GetBytes(text), ct);

    // As C does: whatever a name holds, it stays one word on one line.
    private static string Quote(string path) =>
        $"\"{string.Concat(path.Select(c => c is '"' or '\\' ? $"\\{c}" : char.IsControl(c) && c < 128 ? $"\\{Convert.ToString(c, 8).PadLeft(3, '0')}" : $"{c}"))}\"";
}
