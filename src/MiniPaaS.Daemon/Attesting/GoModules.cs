namespace MiniPaaS.Daemon.Attesting;

/// <summary>Go modules: what a program was linked from, what is vendored, and, where neither is known, what <c>go.sum</c> allows.</summary>
internal static class GoModules
{
    /// <summary>Reads vendor/modules.txt: a line for each module, with what replaces it.</summary>
    public static IEnumerable<Component> Vendored(string text)
    {
        foreach (var line in Lines(text).Where(line => line.StartsWith("# ", StringComparison.Ordinal)))
        {
            // "# path version", "# path version => path version", "# path version => ./directory"
            var words = line[2..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var arrow = Array.IndexOf(words, "=>");
            var module = arrow < 0 ? words : words[(arrow + 1)..];
            if (words.Length >= 2 && arrow != 1 && module.Length == 2 && Module(module[0], module[1], sum: null) is { } component)
            {
                yield return component;
            }
        }
    }

    /// <summary>Reads go.sum, which may name modules that are needed for tests, or no more.</summary>
    public static IEnumerable<Component> Summed(string text)
    {
        foreach (var line in Lines(text))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var path, var version, var sum] && !version.EndsWith("/go.mod", StringComparison.Ordinal)
                && Module(path, version, sum) is { } component)
            {
                yield return component;
            }
        }
    }

    /// <summary>Reads what the linker wrote into a program.</summary>
    public static IEnumerable<Component> Linked(GoBuildInfo info)
    {
        // The standard library has the compiler's version, and its own security notices under this name.
        var compiler = info.Compiler.Split(' ')[0];
        if (compiler.StartsWith("go", StringComparison.Ordinal) && Component.Of(PackageUrl.Go, "stdlib", compiler[2..]) is { } library)
        {
            yield return library;
        }

        Component? module = null;
        foreach (var line in Lines(info.Modules))
        {
            var words = line.Split('\t');
            var next = words is ["dep" or "=>", var path, var version, ..] ? Module(path, version, words.ElementAtOrDefault(3)) : null;
            if (words[0] != "=>" && module is not null)
            {
                yield return module;
            }

            // A line that begins with an arrow replaces the module of the line before.
            module = next;
        }

        if (module is not null)
        {
            yield return module;
        }
    }

    private static Component? Module(string path, string version, string? sum) =>
        version.StartsWith('v') && Component.Of(PackageUrl.Go, path, version) is { } component
            ? component with { GoSum = sum is { Length: 47 } && sum.StartsWith("h1:", StringComparison.Ordinal) ? sum : null }
            : null;

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.TrimEnd('\r', ' ')).Where(line => line.Length > 0);
}
