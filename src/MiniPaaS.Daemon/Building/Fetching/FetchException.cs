namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Something could not be fetched; the message is a sentence for the user and names the host where one is to blame.</summary>
internal sealed class FetchException(string message) : Exception(message);
