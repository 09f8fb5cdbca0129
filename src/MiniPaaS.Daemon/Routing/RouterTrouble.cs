namespace MiniPaaS.Daemon.Routing;

/// <summary>What a router did not do of what it was asked. It is asked several times a second: each reason is logged once, and the end.</summary>
internal sealed partial class RouterTrouble(string socket)
{
    private readonly HashSet<string> reasons = new(StringComparer.Ordinal);
    private int times;

    /// <summary>It failed once more.</summary>
    public void Add(string reason, ILogger log)
    {
        times++;
        if (reasons.Add(reason))
        {
            LogTrouble(log, socket, reason);
        }
    }

    /// <summary>It did what it was asked.</summary>
    public void End(ILogger log)
    {
        if (times > 0)
        {
            LogEnd(log, socket, times);
            times = 0;
            reasons.Clear();
        }
    }

    [LoggerMessage(301, LogLevel.Warning, "The router at {Socket} did not take a change: {Reason}")]
    private static partial void LogTrouble(ILogger log, string socket, string reason);

    [LoggerMessage(302, LogLevel.Information, "The router at {Socket} takes changes again, after it did not {Times} times")]
    private static partial void LogEnd(ILogger log, string socket, int times);
}
