namespace MiniPaaS.Cli;

/// <summary>An expected end of a command: its message is all the user sees.</summary>
/// <param name="message">What happened, why, and what to do next.</param>
/// <param name="exitCode">Exit code of the process, see <see cref="ExitCodes"/>.</param>
internal class PaasException(string message, int exitCode = ExitCodes.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>The server gave no answer at all, so the same request may succeed later.</summary>
internal sealed class ServerUnreachableException(string message) : PaasException(message);

internal static class ExitCodes
{
    public const int Ok = 0;

    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>What shells expect of a program ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
