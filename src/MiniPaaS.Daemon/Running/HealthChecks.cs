using System.Collections.Immutable;
using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// One check that a web dyno must pass before traffic moves to it, as Dokku reads it from app.json
/// (<c>{"healthchecks": {"web": [{"type": "startup", "path": "/up"}]}}</c>). Durations are in seconds there.
/// </summary>
internal sealed record HealthCheck
{
    public string Name { get; init; } = "default";

    /// <summary>Path that must answer below 400; null: any HTTP answer from <c>/</c> will do.</summary>
    public string? Path { get; init; }

    /// <summary>Text that the answer must contain.</summary>
    public string? Content { get; init; }

    /// <summary>Program and arguments run in the dyno, which must exit with 0.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    public int Attempts { get; init; } = 3;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause between attempts.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan InitialDelay { get; init; }

    /// <summary>How long the dyno must have stayed up.</summary>
    public TimeSpan Uptime { get; init; }
}

/// <summary>Reads the startup checks of a slug's web process.</summary>
internal static class HealthChecks
{
    /// <exception cref="FormatException">The JSON is not what app.json may hold; the message says where.</exception>
    public static ImmutableArray<HealthCheck> Parse(string? json)
    {
        if (json is null)
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty(Formation.Web, out var checks)
                ? [.. checks.EnumerateArray().Where(IsStartup).Select(Read)]
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or OverflowException)
        {
            throw new FormatException($"app.json: the healthchecks of web cannot be read: {e.Message}", e);
        }
    }

    private static bool IsStartup(JsonElement check) => Text(check, "type") is null or "" or "startup";

    private static HealthCheck Read(JsonElement check) => new()
    {
        Name = Text(check, "name") ?? Text(check, "path") ?? "startup",
        Path = Text(check, "path") is { Length: > 0 } path ? (path[0] == '/' ? path : $"/{path}") : null,
        Content = Text(check, "content") is { Length: > 0 } content ? content : null,
        Command = check.TryGetProperty("command", out var command)
            ? [.. command.EnumerateArray().Select(word => word.GetString() ?? "")]
            : [],
        Attempts = (int)Number(check, "attempts", 3, 1, 1000),
        Timeout = TimeSpan.FromSeconds(Number(check, "timeout", 5, 1, 3600)),
        Wait = TimeSpan.FromSeconds(Number(check, "wait", 5, 0, 3600)),
        InitialDelay = TimeSpan.FromSeconds(Number(check, "initialDelay", 0, 0, 3600)),
        Uptime = TimeSpan.FromSeconds(Number(check, "uptime", 0, 0, 3600)),
    };

    private static string? Text(JsonElement check, string name) =>
        check.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    private static double Number(JsonElement check, string name, double fallback, double least, double most) =>
        check.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? Math.Clamp(value.GetDouble(), least, most)
            : fallback;
}
