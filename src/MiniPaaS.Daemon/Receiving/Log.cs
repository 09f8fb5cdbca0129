namespace MiniPaaS.Daemon.Receiving;

/// <summary>Messages of this folder; event ids from 1100.</summary>
internal static partial class Log
{
    [LoggerMessage(1100, LogLevel.Error, "The push to app {AppId} failed unexpectedly")]
    public static partial void PushFailed(this ILogger logger, Exception exception, long appId);

    [LoggerMessage(1101, LogLevel.Warning, "git {Service} of app {App} ended with exit code {ExitCode}: {Errors}")]
    public static partial void GitFailed(this ILogger logger, string service, string app, int exitCode, string errors);

    [LoggerMessage(1102, LogLevel.Error, "A deploy to app {AppId} failed unexpectedly")]
    public static partial void DeployFailed(this ILogger logger, Exception exception, long appId);
}
