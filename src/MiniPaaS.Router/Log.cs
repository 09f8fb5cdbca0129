namespace MiniPaaS.Router;

/// <summary>Every line that a router can log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "paas-router {Version} listens on {Urls}, admin socket {Socket}")]
    public static partial void Listening(this ILogger log, string version, string urls, string socket);

    [LoggerMessage(2, LogLevel.Information, "Stopping: no new connections, at most {Seconds} s for the requests under way")]
    public static partial void Stopping(this ILogger log, int seconds);

    [LoggerMessage(3, LogLevel.Warning, "Host {Host} stays with app {Owner}, app {App} claims it too; remove it from one of them")]
    public static partial void HostConflict(this ILogger log, string host, string owner, string app);

    [LoggerMessage(4, LogLevel.Warning, "{App} {Dyno} at {Address} is set aside: {Reason}")]
    public static partial void SetAside(this ILogger log, string app, string dyno, string address, string reason);

    [LoggerMessage(11, LogLevel.Information, "{App} {Dyno} at {Address} gets requests again")]
    public static partial void Restored(this ILogger log, string app, string dyno, string address);

    [LoggerMessage(5, LogLevel.Warning, "{App} {Dyno} at {Address} failed a request ({Code}): {Reason}")]
    public static partial void DynoFailed(this ILogger log, string app, string dyno, string address, string code, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The control plane takes no connection on {Socket}: {Reason}; apps are served all the same")]
    public static partial void ControlPlaneUnreachable(this ILogger log, string socket, string reason);

    [LoggerMessage(7, LogLevel.Information, "{Apps} apps routed from {Path}")]
    public static partial void SnapshotLoaded(this ILogger log, int apps, string path);

    [LoggerMessage(8, LogLevel.Warning, "Routes in {Path} are not used: {Reason}; answering 503 until the control plane sends routes")]
    public static partial void SnapshotIgnored(this ILogger log, string path, string reason);

    [LoggerMessage(9, LogLevel.Warning,
        "Cannot write routes to {Path}: {Reason}; serving on, but a restart would begin with older routes. Trying again in {Seconds} s")]
    public static partial void SnapshotNotWritten(this ILogger log, string path, string reason, int seconds);

    [LoggerMessage(10, LogLevel.Error, "The admin request {Method} {Path} failed")]
    public static partial void AdminFailed(this ILogger log, Exception failure, string method, string path);
}
