using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>
/// The bill of materials of a slug as CycloneDX 1.6 JSON. The same slug gives the same bytes: its serial number comes from the slug's
/// digest, its time from the commit, and everything is sorted.
/// </summary>
internal sealed record Sbom
{
    /// <summary>Media type of the document.</summary>
    public const string MediaType = "application/vnd.cyclonedx+json; version=1.6";

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>App that the slug is of.</summary>
    public required string App { get; init; }

    public required Slug Slug { get; init; }

    /// <summary>Time of the slug's commit.</summary>
    public required DateTimeOffset CommittedAt { get; init; }

    /// <summary>What the stack consists of; null when that could not be read.</summary>
    public required DebianPackages? Stack { get; init; }

    /// <summary>What was found in the app.</summary>
    public required Inventory Inventory { get; init; }

    /// <summary>Packages of the app as an earlier document has them, by package URL: those of a slug whose layer was taken over.</summary>
    public IReadOnlyDictionary<string, string> Carried { get; init; } = ImmutableDictionary<string, string>.Empty;

    private string Digest => Slug.Id["sha256:".Length..];

    /// <summary>The document.</summary>
    public byte[] ToJson()
    {
        var bytes = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(bytes, Compact))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.6");
            json.WriteString("serialNumber", SerialNumber());
            json.WriteNumber("version", 1);
            WriteMetadata(json);
            json.WriteStartArray("components");
            WriteSystem(json);
            foreach (var (_, write) in Components())
            {
                write(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The packages of an app in a document, as it has them: all but those of stack and platform.</summary>
    /// <exception cref="JsonException">It is no such document.</exception>
    public static ImmutableSortedDictionary<string, string> AppPackages(byte[] document)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.Member("components").Elements()
            .Where(component => component.Text("purl") is not null && component.Member("properties").Elements().Any(p => p.Text("name") == FoundIn))
            .ToImmutableSortedDictionary(component => component.Text("purl")!, component => component.GetRawText(), StringComparer.Ordinal);
    }

    /// <summary>Packages of stack and app, and the runtimes that the platform lends to dynos of this slug; sorted.</summary>
    private IEnumerable<(string Purl, Action<Utf8JsonWriter> Write)> Components() =>
        (Stack?.Packages ?? []).Concat(Runtimes()).Concat(Inventory.Components)
            .Select(component => (Purl: component.Package.ToString(), Write: (Action<Utf8JsonWriter>)(json => Write(json, component))))
            .Concat(Carried.Select(carried => (Purl: carried.Key, Write: (Action<Utf8JsonWriter>)(json => json.WriteRawValue(carried.Value, skipInputValidation: true)))))
            .DistinctBy(component => component.Purl)
            .OrderBy(component => component.Purl, StringComparer.Ordinal);

    // "dotnet-9.0.18-10.0.12": every version that the host has.
    private IEnumerable<Component> Runtimes() =>
        Slug.Mounts.SelectMany(mount => mount.Split('-').Skip(1).Select(version =>
            new Component(new PackageUrl(PackageUrl.Generic, Namespace: null, $"{mount.Split('-')[0]}-runtime", version)) { Kind = "platform" }));

    // A UUID of version 8 (RFC 9562, 5.8): what the first bits of the slug's digest say.
    private string SerialNumber()
    {
        var digits = $"{Digest[..12]}8{Digest[13..16]}{"89ab"[Convert.ToInt32(Digest[16..17], 16) & 3]}{Digest[17..32]}";
        return $"urn:uuid:{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject("metadata");
        json.WriteString("timestamp", CommittedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("lifecycles");
        json.WriteStartObject();
        json.WriteString("phase", "build");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("tools");
        json.WriteStartArray("components");
        json.WriteStartObject();
        json.WriteString("type", "platform");
        json.WriteString("name", "MiniPaaS");
        json.WriteString("version", ProductVersion.Text);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("component");
        json.WriteString("type", "container");
        json.WriteString("bom-ref", Slug.Id);
        json.WriteString("name", App);
        json.WriteString("version", Slug.Commit);
        WriteHash(json, new PackageHash("SHA-256", Digest));
        json.WriteEndObject();
        WriteProperties(
            json,
            [
                ("minipaas:stack", Slug.Stack),
                ("minipaas:stack-image", Slug.StackImage),
                .. Inventory.Skipped.Select(note => ("minipaas:skipped", note)),
                .. Stack is null ? [("minipaas:skipped", "the packages of the stack")] : Array.Empty<(string, string)>(),
            ]);
        json.WriteEndObject();
    }

    // Scanners know by it which distribution's security notices apply.
    private void WriteSystem(Utf8JsonWriter json)
    {
        if (Stack is { Id.Length: > 0 } stack)
        {
            json.WriteStartObject();
            json.WriteString("type", "operating-system");
            json.WriteString("bom-ref", "operating-system");
            json.WriteString("name", stack.Id);
            json.WriteString("version", stack.Version);
            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, Component component)
    {
        var purl = component.Package.ToString();
        json.WriteStartObject();
        json.WriteString("type", component.Kind);
        json.WriteString("bom-ref", purl);
        if (component.Package is { Namespace: { } group, Type: not (PackageUrl.Debian or PackageUrl.Alpine) })
        {
            json.WriteString("group", group);
        }

        json.WriteString("name", component.Package.Name);
        json.WriteString("version", component.Package.Version);
        if (component.Hash is { } hash)
        {
            WriteHash(json, hash);
        }

        Licences.Write(json, component.Licences);
        json.WriteString("purl", purl);
        WriteProperties(json, Properties(component));
        json.WriteEndObject();
    }

    private static IEnumerable<(string, string)> Properties(Component component)
    {
        if (component.FoundIn is { } file)
        {
            yield return (FoundIn, file);
        }

        if (component.GoSum is { } sum)
        {
            yield return ("minipaas:go-sum", sum);
        }

        if (component.SourcePackage is { } source)
        {
            yield return (SourcePackage, source);
        }
    }

    // Every package of an app has it, and no other.
    private const string FoundIn = "minipaas:found-in";

    /// <summary>Name of the property that holds the source package of a Debian package.</summary>
    public const string SourcePackage = "minipaas:source-package";

    private static void WriteHash(Utf8JsonWriter json, PackageHash hash)
    {
        json.WriteStartArray("hashes");
        json.WriteStartObject();
        json.WriteString("alg", hash.Algorithm);
        json.WriteString("content", hash.Hex);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteProperties(Utf8JsonWriter json, IEnumerable<(string Name, string Value)> properties)
    {
        var all = properties.ToImmutableArray();
        if (all.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("properties");
        foreach (var (name, value) in all)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
