using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>An error as Heroku's Platform API words it.</summary>
/// <param name="Id">Stable snake_case identifier, as in <c>not_found</c>.</param>
/// <param name="Message">What happened, why, and what to do next.</param>
public sealed record ApiError(string Id, string Message)
{
    /// <summary>Kind of the resource that was not found, as in <c>app</c>; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Resource { get; init; }

    /// <summary>Where more is said of it, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }
}
