using System.Net;

namespace MiniPaaS.Docker;

/// <summary>The engine refused a call, or could not be reached.</summary>
/// <param name="status">The engine's HTTP status; null when no answer arrived, or when the failure was reported inside a stream.</param>
/// <param name="message">The engine's own message, or what to do when there is none.</param>
/// <param name="inner">The transport failure behind a null <paramref name="status"/>.</param>
public sealed class DockerException(HttpStatusCode? status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The engine's HTTP status; null when no answer arrived, or when the failure was reported inside a stream.</summary>
    public HttpStatusCode? Status { get; } = status;
}
