using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MiniPaaS.Protocol;

/// <summary>Wanted number of dynos of one process type, with the members of Heroku's Platform API.</summary>
public sealed record FormationInfo
{
    /// <summary>Uuid.</summary>
    public required string Id { get; init; }

    /// <summary>App it belongs to.</summary>
    public required Reference App { get; init; }

    /// <summary>Command line from the slug, or null when the slug does not declare the type.</summary>
    public string? Command { get; init; }

    /// <summary>When the app was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The size once more, in Heroku's newer form.</summary>
    public required Reference DynoSize { get; init; }

    /// <summary>Number of dynos.</summary>
    public required int Quantity { get; init; }

    /// <summary>Size of each dyno.</summary>
    public required string Size { get; init; }

    /// <summary>Process type.</summary>
    public required string Type { get; init; }

    /// <summary>When the live release was made.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>Request to change a formation.</summary>
/// <param name="Updates">Process types and what to change of each.</param>
public sealed record FormationUpdate(ImmutableArray<FormationChange> Updates);

/// <summary>A change of one process type.</summary>
/// <param name="Type">Process type by name or uuid; left out where the address names it.</param>
/// <param name="Quantity">Number of dynos, from 0; or how many more or fewer, as in <c>+1</c>. Null leaves it as it is.</param>
/// <param name="Size">Name of a dyno size; null leaves it as it is.</param>
public sealed record FormationChange(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type,
    [property: JsonConverter(typeof(QuantityConverter))]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Quantity = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Size = null);

/// <summary>A running dyno, with the members of Heroku's Platform API.</summary>
public sealed record DynoInfo
{
    /// <summary>Uuid: of a new dyno in the place of an old one, another.</summary>
    public required string Id { get; init; }

    /// <summary>As in <c>web.1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Always null: only one-off dynos can be attached to.</summary>
    public string? AttachUrl { get; init; }

    /// <summary>App it belongs to.</summary>
    public required Reference App { get; init; }

    /// <summary>What it runs.</summary>
    public required string Command { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its release.</summary>
    public required ReleaseReference Release { get; init; }

    /// <summary>Its size.</summary>
    public required string Size { get; init; }

    /// <summary>One of <c>starting</c>, <c>up</c>, <c>unresponsive</c> (extension), <c>crashed</c>, <c>stopping</c> (extension).</summary>
    public required string State { get; init; }

    /// <summary>Process type.</summary>
    public required string Type { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
