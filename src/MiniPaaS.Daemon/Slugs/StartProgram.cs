using System.Text;

namespace MiniPaaS.Daemon.Slugs;

/// <summary>The shell program that starts a process type of an exported slug, away from the platform.</summary>
internal static class StartProgram
{
    private const string Head =
        """
        #!/bin/bash
        # Starts a process type of this app as a dyno would: start [TYPE]     (web without a TYPE)
        case ${1:-web} in

        """;

    private const string Tail =
        """
        esac
        export HOME=/app PORT=${PORT:-5000}
        cd /app || exit
        for script in .profile.d/*.sh; do [ -r "$script" ] && . "$script"; done
        [ -r .profile ] && . ./.profile
        exec bash -c "$command"

        """;

    /// <summary>Its text.</summary>
    /// <param name="processTypes">Command lines by process type.</param>
    public static string Of(IReadOnlyDictionary<string, string> processTypes)
    {
        var program = new StringBuilder(Head);
        foreach (var (type, command) in processTypes)
        {
            program.Append($"{type}) command={Quote(command)} ;;\n");
        }

        return program.Append($"*) echo \"usage: start TYPE    (there are: {string.Join(' ', processTypes.Keys)})\" >&2; exit 2 ;;\n").Append(Tail).ToString();
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
