using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MiniPaaS.Daemon.Apps;

/// <summary>
/// Commands as Dockerfiles write them (Dockerfile reference, "Shell and exec form"): a JSON array of words is run as it is, any other text by a
/// shell. Process types of container slugs are written in this way.
/// </summary>
internal static class ExecForm
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The words of a command; of one that is not in exec form those that have a shell run it.</summary>
    public static ImmutableArray<string> Words(string command) => Parse(command) ?? ["/bin/sh", "-c", command];

    /// <summary>Writes words as a command.</summary>
    public static string Write(IEnumerable<string> words) => JsonSerializer.Serialize(words, Readable);

    private static ImmutableArray<string>? Parse(string command)
    {
        if (!command.AsSpan().TrimStart().StartsWith('['))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<string?[]>(command) is { Length: > 0 } words && !words.Contains(null) ? [.. words.OfType<string>()] : null;
        }
        catch (JsonException)
        {
            return null; // "[ -f x ] && ..." is a shell's
        }
    }
}
