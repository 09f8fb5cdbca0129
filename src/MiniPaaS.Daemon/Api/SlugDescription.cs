using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Slugs;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Slugs as clients see them.</summary>
internal sealed class SlugDescription(ReleaseDescription releases, Places places)
{
    public SlugInfo Of(HttpRequest request, string app, KnownSlug known, string? checksum)
    {
        var id = releases.SlugId(known.AppId, known.Slug.Id);
        return new SlugInfo
        {
            Id = id,
            Blob = new SlugBlob("get", $"{StreamAddresses.BaseOf(request)}/apps/{app}/slugs/{id}/archive"),
            BuildpackProvidedDescription = known.Slug.BuildpackNames,
            Checksum = checksum,
            Commit = known.Slug.Commit,
            CreatedAt = known.First.CreatedAt,
            ProcessTypes = known.Slug.ProcessTypes,
            Size = known.Slug.Size,
            Stack = places.Stack(known.Slug.Stack),
            UpdatedAt = known.First.CreatedAt,
            Digest = known.Slug.Id,
            StackImage = known.Slug.StackImage,
            Releases = [.. known.Releases.Select(release => release.Number)],
            Inputs = Inputs(known),
        };
    }

    public static SlugFileInfo Of(SlugFile file) => new(file.Path, file.Kind, Convert.ToString(file.Mode, 8), file.Size, file.Digest, file.Target);

    public static SlugChangeInfo Of(SlugChange change) => new(change.Path, change.Change, change.Before, change.After, change.Detail);

    private static SlugInputsInfo? Inputs(KnownSlug known) => known.Inputs is { } inputs
        ? new SlugInputsInfo(
            known.Key.Length > 0 ? known.Key : null,
            inputs.Tree,
            inputs.Source,
            [.. inputs.Buildpacks.Select(pack => new BuildpackInfo(pack.Pack, pack.Url, pack.Commit, pack.Digest))],
            [.. inputs.Stacks.Select(stack => new StackImages(stack.Name, stack.BuildImage, stack.RunImage))],
            inputs.Dotnet,
            inputs.ConfigVars)
        : null;
}
