namespace MiniPaaS.Protocol;

/// <summary>Request to give an app another host name.</summary>
/// <param name="Hostname">Host name without port; <c>*.example.org</c> stands for every name one label below.</param>
/// <param name="SniEndpoint">Certificate for it, by name or uuid; null to have the right one chosen.</param>
public sealed record CreateDomain(string? Hostname, string? SniEndpoint = null);

/// <summary>Request to change a domain.</summary>
/// <param name="SniEndpoint">Certificate for it, by name or uuid; null to have the right one chosen.</param>
public sealed record DomainChange(string? SniEndpoint);

/// <summary>A host name of an app, with the members of Heroku's Platform API.</summary>
public sealed record DomainInfo
{
    /// <summary>Uuid: the same for the same host name of the same app.</summary>
    public required string Id { get; init; }

    /// <summary>How its automatic certificate stands, or null where none is asked for.</summary>
    public string? AcmStatus { get; init; }

    /// <summary>Why that is failing, or null.</summary>
    public string? AcmStatusReason { get; init; }

    /// <summary>App it belongs to.</summary>
    public required Reference App { get; init; }

    /// <summary>Name that the host's DNS entry should point to, or null for the platform's own.</summary>
    public string? Cname { get; init; }

    /// <summary>When the app was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Lower-case host name, in the letters DNS has (IDN as punycode).</summary>
    public required string Hostname { get; init; }

    /// <summary><c>heroku</c> for the name that the platform gave, <c>custom</c> for the others (Heroku's words).</summary>
    public required string Kind { get; init; }

    /// <summary>Certificate that was uploaded for it, or null.</summary>
    public Reference? SniEndpoint { get; init; }

    /// <summary>Always <c>none</c>: a domain is in force at once, nothing has to be waited for.</summary>
    public string Status { get; init; } = "none";

    /// <summary>When the app was made.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
