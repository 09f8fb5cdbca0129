using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Slugs as clients see them.</summary>
internal static class SlugDescription
{
    public static SlugInfo Of(KnownSlug known, string? checksum) => new(
        known.Slug.Id,
        checksum,
        known.Slug.Commit,
        known.Slug.BuildpackNames,
        known.Slug.ProcessTypes,
        known.Slug.Size,
        known.Slug.Stack,
        known.Slug.StackImage,
        [.. known.Releases.Select(release => release.Number)],
        known.Inputs is { } inputs
            ? new SlugInputsInfo(
                known.Key.Length > 0 ? known.Key : null,
                inputs.Tree,
                inputs.Source,
                [.. inputs.Buildpacks.Select(pack => new BuildpackInfo(pack.Pack, pack.Url, pack.Commit, pack.Digest))],
                [.. inputs.Stacks.Select(stack => new StackImages(stack.Name, stack.BuildImage, stack.RunImage))],
                inputs.Dotnet,
                inputs.ConfigVars)
            : null,
        known.First.CreatedAt);

    public static SlugFileInfo Of(SlugFile file) => new(file.Path, file.Kind, Convert.ToString(file.Mode, 8), file.Size, file.Digest, file.Target);

    public static SlugChangeInfo Of(SlugChange change) => new(change.Path, change.Change, change.Before, change.After, change.Detail);
}
