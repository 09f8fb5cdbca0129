using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;

namespace MiniPaaS.Tests.Attesting;

/// <summary>The document, held against what CycloneDX 1.6 says of it.</summary>
public sealed class SbomTests
{
    // Members that the specification knows, of those objects that may have no others.
    private static readonly Dictionary<string, string[]> Members = new()
    {
        ["bom"] = ["$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"],
        ["component"] = ["type", "bom-ref", "group", "name", "version", "hashes", "licenses", "purl", "properties"],
        ["metadata"] = ["timestamp", "lifecycles", "tools", "component", "properties"],
    };

    private static readonly string[] Algorithms = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
    private static readonly string[] Kinds = ["application", "framework", "library", "container", "platform", "operating-system"];

    [Fact]
    public void The_document_is_what_the_specification_says()
    {
        using var json = JsonDocument.Parse(Sample().ToJson());
        var bom = json.RootElement;
        Assert.Equal(("CycloneDX", "1.6", 1), (bom.GetProperty("bomFormat").GetString(), bom.GetProperty("specVersion").GetString(), bom.GetProperty("version").GetInt32()));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", bom.GetProperty("serialNumber").GetString());
        AssertMembers("bom", bom);
        AssertMembers("metadata", bom.GetProperty("metadata"));
        var described = bom.GetProperty("metadata").GetProperty("component");
        var components = bom.GetProperty("components").EnumerateArray().Append(described).ToList();
        Assert.All(components, AssertComponent);
        Assert.Distinct(components.Select(c => c.GetProperty("bom-ref").GetString()));
        Assert.Equal(("container", "myapp"), (described.GetProperty("type").GetString(), described.GetProperty("name").GetString()));
    }

    [Fact]
    public void The_same_slug_gives_the_same_bytes_and_another_one_another_serial_number()
    {
        var one = Sample();
        var shuffled = one with { Inventory = Inventory.Of(one.Inventory.Components.Reverse().Select(c => new Found("", c)), [], []) };
        Assert.Equal(one.ToJson(), shuffled.ToJson());
        Assert.NotEqual(SerialNumber(one), SerialNumber(one with { Slug = one.Slug with { Id = "sha256:" + new string('e', 64) } }));
    }

    [Fact]
    public void Stack_runtime_and_app_are_in_it_and_what_was_skipped_is_said()
    {
        using var json = JsonDocument.Parse((Sample() with { Inventory = new Inventory([], ["x: not of its format"]) }).ToJson());
        var components = json.RootElement.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("bom-ref").GetString());
        Assert.Equal(
            ["operating-system", "pkg:deb/debian/libssl3@3.0.11?arch=amd64&distro=bookworm", "pkg:generic/dotnet-runtime@10.0.12"], components);
        var properties = json.RootElement.GetProperty("metadata").GetProperty("properties").EnumerateArray();
        Assert.Contains(properties, p => p.GetProperty("name").GetString() == "minipaas:skipped" && p.GetProperty("value").GetString() == "x: not of its format");
    }

    [Theory]
    [InlineData("""[{"license":{"id":"MIT"}}]""", "MIT")]
    [InlineData("""[{"license":{"id":"MIT"}},{"license":{"name":"My Own"}}]""", "MIT", "My Own")]
    [InlineData("""[{"expression":"(MIT OR Apache-2.0) AND ISC"}]""", "(MIT OR Apache-2.0) AND ISC")]
    [InlineData("""[{"license":{"name":"MIT OR My-Own"}}]""", "MIT OR My-Own")]
    [InlineData("""[{"license":{"name":"(MIT OR ISC"}}]""", "(MIT OR ISC")]
    [InlineData("""[{"license":{"name":"MIT ISC OR"}}]""", "MIT ISC OR")]
    [InlineData("""[{"license":{"name":"OR"}}]""", "OR")]
    [InlineData("""[{"license":{"name":"MIT OR OR ISC"}}]""", "MIT OR OR ISC")]
    [InlineData("""[{"license":{"name":"() AND MIT"}}]""", "() AND MIT")]
    public void Licences_are_ids_expressions_or_names(string expected, params string[] licences)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Licences.Write(json, licences);
            json.WriteEndObject();
        }

        using var read = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(expected, read.RootElement.GetProperty("licenses").GetRawText());
    }

    /// <summary>An SBOM with something of everything.</summary>
    internal static Sbom Sample() => new()
    {
        App = "myapp",
        Slug = Tests.Sample.Slug() with { Mounts = ["dotnet-10.0.12"] },
        CommittedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        Stack = new DebianPackages("debian", "12", [Debian("libssl3", "3.0.11") with { SourcePackage = "openssl" }]),
        Inventory = Inventory.Of(
            [
                new Found("", Component.Of(PackageUrl.Npm, "@angular/core", "17.0.1")!.Licensed("MIT") with { FoundIn = "package-lock.json" }),
                new Found("", Component.Of(PackageUrl.Composer, "a/b", "1.0")! with { FoundIn = "composer.lock", Hash = new PackageHash("SHA-1", new string('a', 40)) }),
                new Found("", Component.Of(PackageUrl.Go, "example.org/m", "v1.0.0")! with { GoSum = "h1:x" }),
                new Found("", Component.Of(PackageUrl.NuGet, "Dapper \"quoted\" größe", "2.1")!),
            ],
            [],
            []),
    };

    private static Component Debian(string name, string version)
    {
        var package = PackageUrl.Of(PackageUrl.Debian, name, version);
        return new Component(package with
        {
            Namespace = "debian",
            Qualifiers = ImmutableSortedDictionary<string, string>.Empty.Add("arch", "amd64").Add("distro", "bookworm"),
        });
    }

    private static string SerialNumber(Sbom sbom)
    {
        using var json = JsonDocument.Parse(sbom.ToJson());
        return json.RootElement.GetProperty("serialNumber").GetString()!;
    }

    private static void AssertMembers(string of, JsonElement json) =>
        Assert.Empty(json.EnumerateObject().Select(member => member.Name).Except(Members[of]));

    private static void AssertComponent(JsonElement component)
    {
        AssertMembers("component", component);
        Assert.Contains(component.GetProperty("type").GetString(), Kinds);
        Assert.NotEqual("", component.GetProperty("name").GetString());
        if (component.TryGetProperty("hashes", out var hashes))
        {
            Assert.All(hashes.EnumerateArray(), hash => Assert.Contains(hash.GetProperty("alg").GetString(), Algorithms));
            Assert.All(hashes.EnumerateArray(), hash => Assert.Matches("^([a-f0-9]{40}|[a-f0-9]{64}|[a-f0-9]{96}|[a-f0-9]{128})$", hash.GetProperty("content").GetString()));
        }

        if (component.TryGetProperty("purl", out var purl))
        {
            Assert.Matches(new Regex("^pkg:[a-z]+/([A-Za-z0-9.~_:%-]+/)*[A-Za-z0-9.~_:%-]+@[A-Za-z0-9.~_:%-]+(\\?[a-z]+=[^?#]+)?$"), purl.GetString());
        }
    }
}
