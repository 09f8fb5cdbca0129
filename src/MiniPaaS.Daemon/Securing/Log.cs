namespace MiniPaaS.Daemon.Securing;

/// <summary>Messages of this folder; event ids from 1200. None of them may carry a private key.</summary>
internal static partial class Log
{
    [LoggerMessage(1200, LogLevel.Information, "Made the local certificate authority \"{Subject}\" ({File}); `paas certs:trust` makes a machine trust it")]
    public static partial void RootMade(this ILogger logger, string subject, string file);

    [LoggerMessage(1201, LogLevel.Information, "The router issues certificates as \"{Subject}\", valid until {End:yyyy-MM-dd}")]
    public static partial void IssuerMade(this ILogger logger, string subject, DateTimeOffset end);

    [LoggerMessage(1202, LogLevel.Warning, "The local certificate authority ends on {End:yyyy-MM-dd} and is replaced: run `paas certs:trust` again wherever it was trusted")]
    public static partial void RootExpires(this ILogger logger, DateTimeOffset end);

    [LoggerMessage(1203, LogLevel.Error, "The local certificate authority in {Directory} cannot be used, so hosts without a certificate of their own have no HTTPS: {Reason}")]
    public static partial void AuthorityUnusable(this ILogger logger, string directory, string reason);

    [LoggerMessage(1204, LogLevel.Information, "Ordering a certificate for {Host} from {Directory}")]
    public static partial void Ordering(this ILogger logger, string host, Uri directory);

    [LoggerMessage(1205, LogLevel.Information, "A certificate for {Host} was issued, valid until {End:u}; renewal at {Renewal:u}")]
    public static partial void Issued(this ILogger logger, string host, DateTimeOffset end, DateTimeOffset renewal);

    [LoggerMessage(1206, LogLevel.Warning, "No certificate for {Host}, trying again at {Next:u}: {Reason}")]
    public static partial void OrderFailed(this ILogger logger, string host, DateTimeOffset next, string reason);

    [LoggerMessage(1207, LogLevel.Error, "Looking after automatic certificates failed; trying again")]
    public static partial void PassFailed(this ILogger logger, Exception exception);
}
