namespace MiniPaaS.Daemon.Apps;

/// <summary>Where the log of an app is sent.</summary>
/// <param name="Id">Never reused.</param>
/// <param name="AppId">App whose log it is.</param>
/// <param name="Url">As the user wrote it; it may have a password in it.</param>
/// <param name="Token">What the receiver tells apps apart by, as in <c>d.6b2e...</c>.</param>
/// <param name="CreatedAt">From when on lines are sent.</param>
internal sealed record LogDrain(long Id, long AppId, string Url, string Token, DateTimeOffset CreatedAt)
{
    // A record prints its members; this one may have a secret.
    public override string ToString() => $"log drain {Id}";
}
