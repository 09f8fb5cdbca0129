namespace MiniPaaS.Daemon.Building;

/// <summary>Ends a build that cannot succeed as the app is; turned into <see cref="BuildOutcome.Rejected"/> where the build began.</summary>
/// <param name="reason">One sentence for the records.</param>
/// <param name="lines">What the user is told, each line after the mark of an error.</param>
internal sealed class BuildRejectedException(string reason, params IReadOnlyList<string> lines) : Exception(reason)
{
    public IReadOnlyList<string> Lines => lines;

    /// <summary>Tells the user.</summary>
    /// <returns>The sentence for the records.</returns>
    public async Task<string> TellAsync(BuildLog log)
    {
        await log.WriteAsync("");
        foreach (var line in lines)
        {
            await (line.StartsWith('\t') ? log.WriteAsync(line) : log.ErrorAsync(line));
        }

        await log.WriteAsync("");
        await log.ErrorAsync("Push failed");
        return Message;
    }

    public static BuildRejectedException Tampered() =>
        new("The build tampered with its results.", "Push rejected, the build tampered with its results.");

    public static BuildRejectedException MissingStack(string stack, string kind) => new(
        $"The server lacks the {kind} image of the stack {stack}.",
        $"The image {BuildSpec.Image(stack, kind)} of the stack \"{stack}\" is missing on this server.",
        $"Its administrator makes it with: install.sh --stacks {stack}");

    public static BuildRejectedException UnknownStack(string stack, IEnumerable<string> installed) => new(
        $"The stack {stack} is not installed.",
        $"The stack \"{stack}\" is not installed on this server. Installed: {string.Join(", ", installed)}.",
        $"Choose one of these, or have the administrator run: install.sh --stacks {stack}");
}
