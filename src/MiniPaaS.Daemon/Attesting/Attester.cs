using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Vouches for slugs that were built here: what they consist of, and how they were made.</summary>
internal sealed class Attester(Settings settings, SigningKeys keys, StackInventory stacks, TimeProvider time, ILogger<Attester> log)
{
    /// <summary>What the provenance of our builds is to be read by: the README of this folder.</summary>
    public const string BuildType = "urn:minipaas:slug-build:v1";

    /// <summary>Makes the attestation of a slug.</summary>
    /// <param name="request">The build.</param>
    /// <param name="inputs">What it was made from.</param>
    /// <param name="slug">What was made.</param>
    /// <param name="layer">Digest of the slug's own layer.</param>
    /// <param name="inventory">The packages in it.</param>
    /// <param name="startedAt">When the build began.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Null when nothing could be signed, which is logged: a build does not fail for that, a policy may.</returns>
    public async Task<Attestation?> AttestAsync(
        BuildRequest request, SlugInputs inputs, Slug slug, string layer, Inventory inventory, DateTimeOffset startedAt, CancellationToken ct)
    {
        var sbom = new Sbom
        {
            App = request.AppName.Value,
            Slug = slug,
            CommittedAt = request.CommittedAt,
            Stack = await PackagesAsync(slug, ct),
            Inventory = inventory,
        }.ToJson();
        var statement = new ProvenanceStatement
        {
            Subject = [Resource(slug.Image, ("sha256", slug.Id)), Resource("layer.tar", ("sha256", layer))],
            Predicate = new Provenance(
                Definition(request, inputs, slug),
                new RunDetails(
                    new Builder(settings.ControlUrl, ImmutableSortedDictionary<string, string>.Empty.Add("minipaas", ProductVersion.Text)),
                    new BuildMetadata($"{settings.ControlUrl}/builds/{request.BuildId}", startedAt.ToUniversalTime(), time.GetUtcNow()),
                    [Resource("sbom.cdx.json", ("sha256", Convert.ToHexStringLower(SHA256.HashData(sbom)))) with { MediaType = Sbom.MediaType }])),
        };
        try
        {
            var envelope = keys.Sign(JsonSerializer.SerializeToUtf8Bytes(statement, ProvenanceJson.Default.ProvenanceStatement));
            return Attestation.Of(sbom, JsonSerializer.Serialize(envelope, ProvenanceJson.Default.DsseEnvelope));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            log.NotAttested(slug.Id, e.Message);
            return null;
        }
    }

    private async Task<DebianPackages?> PackagesAsync(Slug slug, CancellationToken ct)
    {
        try
        {
            return await stacks.OfAsync(slug.StackImage, ct);
        }
        catch (Exception e) when (e is DockerException or IOException or InvalidDataException)
        {
            log.StackUnread(slug.StackImage, slug.Id, e.Message);
            return null;
        }
    }

    private BuildDefinition Definition(BuildRequest request, SlugInputs inputs, Slug slug)
    {
        var source = $"git+{settings.ControlUrl}/{request.AppName}.git";
        var stack = inputs.Stacks.FirstOrDefault(s => s.Name == slug.Stack);
        return new BuildDefinition(
            BuildType,
            new ExternalParameters(
                request.AppName.Value,
                source,
                request.StackWanted,
                inputs.BuildpacksSet ? [.. inputs.Buildpacks.Select(pack => pack.Name)] : [],
                inputs.ConfigVars),
            new InternalParameters(slug.Stack, inputs.Driver, inputs.Dotnet),
            [
                Resource("source", ("gitCommit", request.Commit), ("gitTree", request.Tree)) with { Uri = source },
                .. slug.Buildpacks.Select(pack => Resource(pack.Pack, ("gitCommit", pack.Commit ?? ""), ("sha256", pack.Digest)) with
                {
                    Uri = pack.Url is { } url ? $"git+{url}" : $"buildpack:{pack.Pack}",
                }),
                Resource("stack, build", ("sha256", stack?.BuildImage ?? "")) with { Uri = $"docker:{BuildSpec.Image(slug.Stack, "build")}" },
                Resource("stack, run", ("sha256", slug.StackImage)) with { Uri = $"docker:{BuildSpec.Image(slug.Stack, "run")}" },
            ]);
    }

    // Image ids and digests of ours carry their algorithm before the colon; a digest that is not known is left out.
    private static ResourceDescriptor Resource(string name, params IEnumerable<(string Algorithm, string Value)> digests) => new()
    {
        Name = name,
        Digest = digests.Where(digest => digest.Value.Length > 0)
            .ToImmutableSortedDictionary(digest => digest.Algorithm, digest => digest.Value[(digest.Value.IndexOf(':') + 1)..], StringComparer.Ordinal),
    };
}
