using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Cli.Commands;

internal sealed record UrlOutput(string Url);

internal sealed record RemoteOutput(string App, string Remote, string Url);

internal sealed record VersionOutput(string Version, string Platform, string Runtime);

internal sealed record LoginOutput(string Server, string Version, string Domain);

internal sealed record ConfigOutput(ImmutableSortedDictionary<string, string> Vars, int? Release);

internal sealed record RestartOutput(string App, string? Dynos);

internal sealed record PurgeOutput(string App);

internal sealed record BuildLineOutput(long Build, string Line);

internal sealed record ExportOutput(string App, string Slug, string File, long Size);

internal sealed record StackUpdateOutput(string Stack, bool Succeeded, ImmutableArray<string> Changes);

internal sealed record OutdatedOutput(string App, string Stack);

internal sealed record LogLineOutput(string? Timestamp, string? Source, string? Dyno, string Message);

internal sealed record TrustOutput(string Subject, string Fingerprint, DateTimeOffset ExpiresAt, string? Installed);

/// <summary>Shape of the JSON that is the CLI's own; everything else is printed as it came over the wire.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UrlOutput))]
[JsonSerializable(typeof(RemoteOutput))]
[JsonSerializable(typeof(VersionOutput))]
[JsonSerializable(typeof(LoginOutput))]
[JsonSerializable(typeof(ConfigOutput))]
[JsonSerializable(typeof(RestartOutput))]
[JsonSerializable(typeof(PurgeOutput))]
[JsonSerializable(typeof(BuildLineOutput))]
[JsonSerializable(typeof(ExportOutput))]
[JsonSerializable(typeof(StackUpdateOutput))]
[JsonSerializable(typeof(ImmutableArray<OutdatedOutput>))]
[JsonSerializable(typeof(LogLineOutput))]
[JsonSerializable(typeof(TrustOutput))]
internal sealed partial class OutputJson : JsonSerializerContext;
