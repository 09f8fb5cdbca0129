using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests;

/// <summary>Ordinary values for tests that are about something else.</summary>
internal static class Sample
{
    public static Slug Slug(params (string Type, string Command)[] types) => new(
        "sha256:" + new string('a', 64),
        "minipaas/myapp:aaaaaaaaaaaa",
        new string('b', 40),
        "bookworm",
        "sha256:" + new string('c', 64),
        [new Buildpack("PHP", "php", null, null, "sha256:" + new string('d', 64))],
        (types.Length == 0 ? [("web", "./serve")] : types).ToImmutableSortedDictionary(t => t.Item1, t => t.Item2),
        [],
        null,
        1234);

    public static AppName Name(string text) => AppName.TryParse(text, out var name, out var error) ? name : throw new FormatException(error);
}
