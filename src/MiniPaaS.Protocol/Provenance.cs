using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>A signed message (DSSE 1.0, "JSON envelope").</summary>
/// <param name="PayloadType">What the payload is.</param>
/// <param name="Payload">The message, base64.</param>
/// <param name="Signatures">Signatures of the payload with its type.</param>
public sealed record DsseEnvelope(string PayloadType, string Payload, ImmutableArray<DsseSignature> Signatures);

/// <summary>One signature of an envelope.</summary>
/// <param name="Keyid">Hint which key made it; no more than a hint.</param>
/// <param name="Sig">ECDSA over SHA-256 as DER, base64.</param>
public sealed record DsseSignature(string? Keyid, string Sig);

/// <summary>How a slug was made (in-toto Statement v1 with the predicate SLSA Provenance v1).</summary>
public sealed record ProvenanceStatement
{
    /// <summary>The only type of statement there is here.</summary>
    public const string StatementType = "https://in-toto.io/Statement/v1";

    /// <summary>The only predicate there is here.</summary>
    public const string SlsaProvenance = "https://slsa.dev/provenance/v1";

    /// <summary>Always <see cref="StatementType"/>.</summary>
    [JsonPropertyName("_type")]
    public string Type { get; init; } = StatementType;

    /// <summary>What was made: the slug's image, its layer.</summary>
    public required ImmutableArray<ResourceDescriptor> Subject { get; init; }

    /// <summary>Always <see cref="SlsaProvenance"/>.</summary>
    public string PredicateType { get; init; } = SlsaProvenance;

    /// <summary>How it was made.</summary>
    public required Provenance Predicate { get; init; }

    /// <summary>Reads a payload.</summary>
    /// <exception cref="JsonException">It is none of these.</exception>
    public static ProvenanceStatement Parse(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, ProvenanceJson.Default.ProvenanceStatement) is
            { Type: StatementType, PredicateType: SlsaProvenance, Subject.IsDefault: false } statement
            ? statement
            : throw new JsonException("It is no in-toto statement v1 of SLSA provenance v1.");
}

/// <summary>The predicate SLSA Provenance v1.</summary>
/// <param name="BuildDefinition">What went in.</param>
/// <param name="RunDetails">What happened.</param>
public sealed record Provenance(BuildDefinition BuildDefinition, RunDetails RunDetails);

/// <summary>What went into a build.</summary>
/// <param name="BuildType">URI that says how to read the rest.</param>
/// <param name="ExternalParameters">What the app's developers decided.</param>
/// <param name="InternalParameters">What the platform decided.</param>
/// <param name="ResolvedDependencies">Source, buildpacks, stack images.</param>
public sealed record BuildDefinition(
    string BuildType,
    ExternalParameters ExternalParameters,
    InternalParameters InternalParameters,
    ImmutableArray<ResourceDescriptor> ResolvedDependencies);

/// <summary>What the app's developers decided about a build.</summary>
/// <param name="App">Name of the app.</param>
/// <param name="Source">Where the source was pushed to, as in <c>git+http://paas.localhost/myapp.git</c>.</param>
/// <param name="Stack">Stack that was asked for, or null.</param>
/// <param name="Buildpacks">Buildpacks that were asked for; empty where the platform chose.</param>
/// <param name="ConfigVars">Names of the config vars that the buildpacks could read.</param>
public sealed record ExternalParameters(
    string App, string Source, string? Stack, ImmutableArray<string> Buildpacks, ImmutableArray<string> ConfigVars);

/// <summary>What the platform decided about a build.</summary>
/// <param name="Stack">Stack that the slug was built on.</param>
/// <param name="Driver">Digest of the program that ran the buildpacks.</param>
/// <param name="Dotnet">Versions of the .NET that was lent to the build.</param>
public sealed record InternalParameters(string Stack, string Driver, ImmutableArray<string> Dotnet);

/// <summary>An artifact (in-toto ResourceDescriptor).</summary>
public sealed record ResourceDescriptor
{
    /// <summary>What it is called where it is used.</summary>
    public string? Name { get; init; }

    /// <summary>Where it comes from.</summary>
    public string? Uri { get; init; }

    /// <summary>Digests by algorithm in lower-case hex; in-toto's names, as in <c>sha256</c> and <c>gitCommit</c>.</summary>
    public ImmutableSortedDictionary<string, string>? Digest { get; init; }

    /// <summary>Media type of its content.</summary>
    public string? MediaType { get; init; }
}

/// <summary>What happened in a build.</summary>
/// <param name="Builder">Who built.</param>
/// <param name="Metadata">Which build it was, and when.</param>
/// <param name="Byproducts">What was made beside the slug: its SBOM.</param>
public sealed record RunDetails(Builder Builder, BuildMetadata Metadata, ImmutableArray<ResourceDescriptor> Byproducts);

/// <summary>A build platform.</summary>
/// <param name="Id">Address of the installation.</param>
/// <param name="Version">Versions of its parts.</param>
public sealed record Builder(string Id, ImmutableSortedDictionary<string, string> Version);

/// <summary>One run of a build.</summary>
/// <param name="InvocationId">Address of the build at its platform.</param>
/// <param name="StartedOn">When it began.</param>
/// <param name="FinishedOn">When the slug was made.</param>
public sealed record BuildMetadata(string InvocationId, DateTimeOffset StartedOn, DateTimeOffset FinishedOn);

/// <summary>How envelopes and statements look in JSON: the names their specifications give.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DsseEnvelope))]
[JsonSerializable(typeof(ProvenanceStatement))]
public sealed partial class ProvenanceJson : JsonSerializerContext;
