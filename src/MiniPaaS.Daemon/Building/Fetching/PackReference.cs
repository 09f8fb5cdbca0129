namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>Where a buildpack is to be had, as somebody wrote it.</summary>
/// <param name="Text">What was written, without passwords: what people are shown.</param>
internal abstract record PackReference(string Text)
{
    /// <summary>One of the platform's own.</summary>
    /// <param name="Text">What was written.</param>
    /// <param name="Folder">Its folder below the buildpacks.</param>
    public sealed record Own(string Text, string Folder) : PackReference(Text);

    /// <summary>A git repository.</summary>
    /// <param name="Text">What was written.</param>
    /// <param name="Url">Address for git, <c>https</c> or <c>http</c>.</param>
    /// <param name="Ref">Branch, tag or commit; null for the branch that a clone checks out.</param>
    public sealed record Repository(string Text, Uri Url, string? Ref) : PackReference(Text);

    /// <summary>A tar archive, compressed or not, with the pack at its root.</summary>
    /// <param name="Text">What was written.</param>
    /// <param name="Url">Address, <c>https</c> or <c>http</c>.</param>
    public sealed record Archive(string Text, Uri Url) : PackReference(Text);

    /// <summary>A directory of this machine, below one that the operator allows.</summary>
    /// <param name="Text">What was written.</param>
    /// <param name="Path">Absolute path.</param>
    public sealed record Local(string Text, string Path) : PackReference(Text);
}
