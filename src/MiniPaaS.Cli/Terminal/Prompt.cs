using Microsoft.Win32.SafeHandles;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Questions to a person; never asked where standard input or standard error is not a terminal.</summary>
internal static class Prompt
{
    public static bool Possible => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Asks for a line.</summary>
    public static async Task<string> LineAsync(string question, CancellationToken cancellation)
    {
        await Console.Error.WriteAsync(question);
        // Reading a terminal cannot be cancelled, but Ctrl-C must not wait for it.
        return await Task.Run(Console.ReadLine, CancellationToken.None).WaitAsync(cancellation) ?? "";
    }

    /// <summary>Asks for a secret, which is not shown: the terminal stops echoing before the question appears, for those who paste at once.</summary>
    public static async Task<string> SecretAsync(string question, CancellationToken cancellation)
    {
        using var silence = new TerminalSilence();
        await Console.Error.WriteAsync($"{question} ");
        // Not through Console, which edits the line itself and shows it.
        using var input = new StreamReader(new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0));
        var answer = await Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellation) ?? "";
        await Console.Error.WriteLineAsync();
        return answer;
    }
}
