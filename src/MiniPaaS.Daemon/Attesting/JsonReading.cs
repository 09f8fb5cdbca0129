using System.Text.Json;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Looks into JSON that somebody else wrote: what is not there, or of another kind, is null or nothing.</summary>
internal static class JsonReading
{
    public static string? Text(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static bool IsTrue(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A member of any kind; one of kind Undefined when there is none.</summary>
    public static JsonElement Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    /// <summary>The members of an object.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? json.EnumerateObject() : [];

    /// <summary>The elements of an array.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : [];

    /// <summary>A licence field as package files have it: a text, an object with a type or a name, or several of these.</summary>
    public static IEnumerable<string?> Licences(this JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()],
        JsonValueKind.Object => [json.Text("type") ?? json.Text("name")],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Licences),
        _ => [],
    };
}
