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

    [LoggerMessage(12, LogLevel.Error, "A request of {App} failed in the router: {Method} {Path}")]
    public static partial void RequestFailed(this ILogger log, Exception failure, string app, string method, string path);

    [LoggerMessage(30, LogLevel.Warning, "Cannot take connections on {Url}: {Reason}; trying again")]
    public static partial void CannotAccept(this ILogger log, string url, string reason);

    [LoggerMessage(31, LogLevel.Warning,
        "{Most} connections are open; refused {Refused} since start. Raise MINIPAAS_MAX_CONNECTIONS if that is wrong")]
    public static partial void TooManyConnections(this ILogger log, int most, long refused);

    [LoggerMessage(41, LogLevel.Warning,
        "At most {Most} connections instead of {Wanted}: this process may open {Files} files only. Raise its limit (ulimit -n, LimitNOFILE)")]
    public static partial void FewerConnections(this ILogger log, int most, int wanted, int files);

    [LoggerMessage(32, LogLevel.Information, "No new connections for {Seconds:F1} s; ending {Open} that are idle or took too long")]
    public static partial void LameDuckOver(this ILogger log, double seconds, int open);

    [LoggerMessage(33, LogLevel.Warning, "Asked a second time: ending at once, requests under way are lost")]
    public static partial void EndingAtOnce(this ILogger log);

    [LoggerMessage(34, LogLevel.Information, "{Count} certificates from {Path}")]
    public static partial void CertificatesLoaded(this ILogger log, int count, string path);

    [LoggerMessage(35, LogLevel.Warning, "Certificates in {Path} are not used: {Reason}; waiting for the control plane to send them")]
    public static partial void CertificatesIgnored(this ILogger log, string path, string reason);

    [LoggerMessage(36, LogLevel.Warning,
        "Cannot write certificates to {Path}: {Reason}; serving on, but a restart would begin with older ones. Trying again in {Seconds} s")]
    public static partial void CertificatesNotWritten(this ILogger log, string path, string reason, int seconds);

    [LoggerMessage(37, LogLevel.Information, "{Count} certificates are in force")]
    public static partial void CertificatesInForce(this ILogger log, int count);

    [LoggerMessage(38, LogLevel.Information, "Hosts without a certificate get one of the local CA, from {Path}")]
    public static partial void IssuerLoaded(this ILogger log, string path);

    [LoggerMessage(39, LogLevel.Warning, "The local CA's issuer in {Path} is not used: {Reason}; {Consequence}")]
    public static partial void IssuerIgnored(this ILogger log, string path, string reason, string consequence);

    [LoggerMessage(40, LogLevel.Warning, "No certificate could be made for {Host}: {Reason}")]
    public static partial void LeafNotIssued(this ILogger log, string host, string reason);
}
