using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Vouches for slugs that were built here: what they consist of, and how they were made.</summary>
internal sealed class Attester(
    Settings settings, SigningKeys keys, StackInventory stacks, ProvenancePolicy policy, TimeProvider time, ILogger<Attester> log)
{
    /// <summary>What the provenance of our builds is to be read by: the README of this folder.</summary>
    public const string BuildType = "urn:minipaas:slug-build:v1";

    /// <summary>The same for a slug whose layer was built before and lies on another image of its stack now.</summary>
    public const string RebaseType = "urn:minipaas:slug-rebase:v1";

    /// <summary>The same for an image that was built elsewhere.</summary>
    public const string ImportType = "urn:minipaas:image-import:v1";

    /// <summary>The same for an image that was built here from a Dockerfile.</summary>
    public const string DockerfileType = "urn:minipaas:dockerfile-build:v1";

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
        };
        return Sign(sbom, layer, Definition(request, inputs, slug), $"builds/{request.BuildId}", startedAt);
    }

    /// <summary>Makes the attestation of a slug whose layer was put on another image of its stack.</summary>
    /// <param name="app">App of both slugs.</param>
    /// <param name="before">The slug whose layer it is.</param>
    /// <param name="slug">The slug that was made.</param>
    /// <param name="layer">Digest of the layer.</param>
    /// <param name="committedAt">Time of the slug's commit.</param>
    /// <param name="startedAt">When the rebase began.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Null when what is kept about the earlier slug cannot be trusted: signing would make it so.</returns>
    public async Task<Attestation?> RebaseAsync(
        App app, Slug before, Slug slug, string layer, DateTimeOffset committedAt, DateTimeOffset startedAt, CancellationToken ct)
    {
        var earlier = policy.Check(app.Id, before.Id);
        if (earlier.Statement?.Predicate.BuildDefinition is not { } definition || policy.Find(app.Id, before.Id) is not { } attestation)
        {
            log.NotAttested(slug.Id, $"of the slug {before.ShortId} {earlier.Problem}");
            return null;
        }

        var sbom = new Sbom
        {
            App = app.Name,
            Slug = slug,
            CommittedAt = committedAt,
            Stack = await PackagesAsync(slug, ct),
            Inventory = Inventory.Empty,
            Carried = Sbom.AppPackages(attestation.OpenSbom()),
        };
        ImmutableArray<ResourceDescriptor> dependencies =
        [
            .. definition.ResolvedDependencies.Where(d => d.Name is not ("stack, run" or "slug")),
            Resource("slug", ("sha256", before.Id)) with { Uri = $"docker:{before.Image}" },
            Resource("stack, run", ("sha256", slug.StackImage)) with { Uri = $"docker:{BuildSpec.Image(slug.Stack, "run")}" },
        ];
        return Sign(sbom, layer, definition with { BuildType = RebaseType, ResolvedDependencies = dependencies }, $"rebases/{slug.ShortId}", startedAt);
    }

    /// <summary>Makes the attestation of a slug whose image was built elsewhere: what it consists of, and that nobody here saw it made.</summary>
    /// <param name="app">App of the slug.</param>
    /// <param name="slug">The slug.</param>
    /// <param name="digests">Names with digests under which registries know the image.</param>
    /// <param name="createdAt">When the image was made, by its own account.</param>
    /// <param name="invocation">Path of what brought it here.</param>
    /// <param name="startedAt">When that began.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<Attestation?> ImportAsync(
        App app, Slug slug, IEnumerable<string> digests, DateTimeOffset createdAt, string invocation, DateTimeOffset startedAt, CancellationToken ct)
    {
        var image = slug.Buildpacks[0].Pack;
        var definition = Container(
            ImportType,
            app.Name,
            $"docker:{image}",
            [
                Resource("image", ("sha256", slug.StackImage)) with { Uri = $"docker:{image}" },
                .. digests.Select(name => Resource("registry", ("sha256", name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..])) with { Uri = $"docker:{name}" }),
            ]);
        return Sign(await SbomAsync(app.Name, slug, createdAt, ct), slug.StackImage, definition, invocation, startedAt);
    }

    /// <summary>Makes the attestation of a slug that was built from a Dockerfile.</summary>
    /// <param name="request">The build.</param>
    /// <param name="slug">What was made.</param>
    /// <param name="images">The images that it was built from, by name.</param>
    /// <param name="startedAt">When the build began.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<Attestation?> ContainerAsync(
        BuildRequest request, Slug slug, IEnumerable<(string Name, string Id)> images, DateTimeOffset startedAt, CancellationToken ct)
    {
        var source = $"git+{settings.ControlUrl}/{request.AppName}.git";
        var definition = Container(
            DockerfileType,
            request.AppName.Value,
            source,
            [
                Resource("source", ("gitCommit", request.Commit), ("gitTree", request.Tree)) with { Uri = source },
                .. images.Select(image => Resource(image.Name, ("sha256", image.Id)) with { Uri = $"docker:{image.Name}" }),
            ]);
        return Sign(await SbomAsync(request.AppName.Value, slug, request.CommittedAt, ct), slug.StackImage, definition, $"builds/{request.BuildId}", startedAt);
    }

    private static BuildDefinition Container(string type, string app, string source, ImmutableArray<ResourceDescriptor> dependencies) => new(
        type,
        new ExternalParameters(app, source, Slug.ContainerStack, [], []),
        new InternalParameters(Slug.ContainerStack, Driver: "", []),
        dependencies);

    private async Task<Sbom> SbomAsync(string app, Slug slug, DateTimeOffset time, CancellationToken ct) => new()
    {
        App = app,
        Slug = slug,
        CommittedAt = time,
        Stack = await PackagesAsync(slug, ct),
        Inventory = Inventory.Empty,
    };

    private Attestation? Sign(Sbom sbom, string layer, BuildDefinition definition, string invocation, DateTimeOffset startedAt)
    {
        var document = sbom.ToJson();
        var statement = new ProvenanceStatement
        {
            Subject = [Resource(sbom.Slug.Image, ("sha256", sbom.Slug.Id)), Resource(sbom.Slug.IsContainer ? "image" : "layer.tar", ("sha256", layer))],
            Predicate = new Provenance(
                definition,
                new RunDetails(
                    new Builder(settings.ControlUrl, ImmutableSortedDictionary<string, string>.Empty.Add("minipaas", ProductVersion.Text)),
                    new BuildMetadata($"{settings.ControlUrl}/{invocation}", startedAt.ToUniversalTime(), time.GetUtcNow()),
                    [Resource("sbom.cdx.json", ("sha256", Convert.ToHexStringLower(SHA256.HashData(document)))) with { MediaType = Sbom.MediaType }])),
        };
        try
        {
            var envelope = keys.Sign(JsonSerializer.SerializeToUtf8Bytes(statement, ProvenanceJson.Default.ProvenanceStatement));
            return Attestation.Of(document, JsonSerializer.Serialize(envelope, ProvenanceJson.Default.DsseEnvelope));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            log.NotAttested(sbom.Slug.Id, e.Message);
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
                inputs.BuildpacksSet ? [.. inputs.Buildpacks.Select(pack => pack.Pack)] : [],
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
