namespace MiniPaaS.Daemon.Apps;

/// <summary>Names of an app's features (Heroku's word for switches that are not about visitors alone).</summary>
internal static class AppFeature
{
    /// <summary>A release goes live only when its slug has provenance signed by a key that this installation trusts.</summary>
    public const string RequireProvenance = "require-provenance";
}
