namespace MiniPaaS.Daemon.Attesting;

/// <summary>Messages of this folder; event ids from 1300. None of them may carry a private key.</summary>
internal static partial class Log
{
    [LoggerMessage(1300, LogLevel.Information, "Made the key {Id} ({File}), which signs the provenance of slugs from now on")]
    public static partial void KeyMade(this ILogger logger, string id, string file);

    [LoggerMessage(1301, LogLevel.Error, "The signing key in {File} cannot be used: {Reason}")]
    public static partial void KeyUnusable(this ILogger logger, string file, string reason);

    [LoggerMessage(1302, LogLevel.Error, "The slug {Id} was built without provenance: {Reason}")]
    public static partial void NotAttested(this ILogger logger, string id, string reason);

    [LoggerMessage(1303, LogLevel.Warning, "The packages of the stack image {Image} could not be read and are not in the SBOM of the slug {Id}: {Reason}")]
    public static partial void StackUnread(this ILogger logger, string image, string id, string reason);
}
