using System.Text.RegularExpressions;

namespace MiniPaaS.Tests.Router.Differential;

/// <summary>An odd request, the app's answer, and how each proxy makes them differ from a visit without one.</summary>
/// <param name="Name">What is odd.</param>
/// <param name="Say">Bytes that the visitor sends, as Latin-1.</param>
/// <param name="Answer">Bytes that the app answers.</param>
/// <param name="Expected">By proxy: lines of difference, each with the reason.</param>
internal sealed record Case(string Name, string Say, string Answer, IReadOnlyDictionary<string, List<(string Line, string Why)>> Expected)
{
    private const string Plain = "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok";

    public static IReadOnlyList<Case> All { get; } = [.. Read()];

    // cases.txt explains its format in its head.
    private static IEnumerable<Case> Read()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Router", "Differential", "cases.txt"));
        foreach (var block in text.Split("\ncase: ")[1..])
        {
            var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            string? One(string key) => lines.FirstOrDefault(line => line.StartsWith(key + ": ", StringComparison.Ordinal))?[(key.Length + 2)..];
            yield return new Case(
                lines[0],
                Unescape(One("say")!),
                Unescape(One("answer") ?? Plain),
                new[] { "nginx", "router" }.ToDictionary(proxy => proxy, proxy => Differences(lines, proxy), StringComparer.Ordinal));
        }
    }

    private static List<(string Line, string Why)> Differences(string[] lines, string proxy)
        => [.. lines.Where(line => line.StartsWith(proxy + ": ", StringComparison.Ordinal)).Select(line =>
        {
            var parts = line[(proxy.Length + 2)..].Split(" | ");
            return (parts[0].TrimEnd(), parts.Length > 1 ? parts[1].Trim() : "");
        })];

    private static string Unescape(string text)
        => Regex.Unescape(Regex.Replace(text, @"\{(.+?)\*(\d+)\}", match => string.Concat(Enumerable.Repeat(match.Groups[1].Value, int.Parse(match.Groups[2].Value)))));
}
