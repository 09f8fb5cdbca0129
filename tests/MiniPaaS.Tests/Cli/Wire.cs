using System.Collections.Immutable;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>Wire records with what no test is about filled in.</summary>
internal static class Wire
{
    public static readonly DateTimeOffset Created = new(2026, 11, 21, 3, 40, 0, TimeSpan.Zero);

    private static readonly UserReference Ada = new(Id("ada"), "ada@example.org");

    public static Reference AppReference { get; } = new(Id("app"), "myapp");

    /// <summary>A uuid that is the same for the same text.</summary>
    public static string Id(string text) => new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))[..16]).ToString();

    public static AppInfo App(string name, string webUrl, string gitUrl, int? release) => new()
    {
        Id = Id(name),
        Name = name,
        BuildpackProvidedDescription = "php",
        BuildStack = new Reference(Id("bookworm"), "bookworm"),
        CreatedAt = Created,
        Generation = new Reference(Id("cedar"), "cedar"),
        GitUrl = gitUrl,
        Owner = Ada,
        Region = new Reference(Id("us"), "us"),
        Stack = new Reference(Id("bookworm"), "bookworm"),
        UpdatedAt = Created,
        WebUrl = webUrl,
        Domains = [$"{name}.localhost"],
        Release = release,
    };

    public static ReleaseInfo Release(int version, string description, string status, bool current, string slug, string? error) => new()
    {
        Id = Id($"release {version}"),
        Version = version,
        App = AppReference,
        CreatedAt = Created,
        Current = current,
        Description = description,
        Slug = new IdReference(Id(slug)),
        Status = status,
        UpdatedAt = Created,
        User = Ada,
        Commit = "1a2b3c4d",
        SlugDigest = slug,
        Error = error,
    };

    public static DynoInfo Dyno(string name, string state, int release, string command) => new()
    {
        Id = Id(name),
        Name = name,
        App = AppReference,
        Command = command,
        CreatedAt = Created,
        Release = new ReleaseReference(Id($"release {release}"), release),
        Size = "Standard-1X",
        State = state,
        Type = name.Split('.')[0],
        UpdatedAt = Created,
    };

    public static FormationInfo Formation(string type, int quantity, string command) => new()
    {
        Id = Id(type),
        App = AppReference,
        Command = command,
        CreatedAt = Created,
        DynoSize = new Reference(Id("size"), "Standard-1X"),
        Quantity = quantity,
        Size = "Standard-1X",
        Type = type,
        UpdatedAt = Created,
    };

    public static DomainInfo Domain(string host, string? cname) => new()
    {
        Id = Id(host),
        App = AppReference,
        Cname = cname,
        CreatedAt = Created,
        Hostname = host,
        Kind = cname is null ? "heroku" : "custom",
        UpdatedAt = Created,
    };

    public static SniEndpointInfo Certificate(string name, string host, bool acm, ImmutableArray<string> warnings) => new()
    {
        Id = Id(name),
        Name = name,
        DisplayName = name,
        App = AppReference,
        CertificateChain = "-----BEGIN CERTIFICATE-----",
        Domains = [Id(host)],
        SslCert = new SslCertificateInfo(Id(name), true, false, acm, [host], "CN=Issuer", "CN=Subject", Created, Created.AddYears(1)),
        CreatedAt = Created,
        UpdatedAt = Created,
        Hostnames = [host],
        Warnings = warnings,
    };
}
