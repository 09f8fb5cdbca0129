namespace MiniPaaS.Daemon.Securing;

/// <summary>Where automatic certificates come from; read once from the environment at start.</summary>
internal sealed record AcmeSettings
{
    /// <summary>Directory of Let's Encrypt's production service.</summary>
    public const string LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

    /// <summary>Address of the authority's directory (RFC 8555, 7.1.1).</summary>
    public required Uri Directory { get; init; }

    /// <summary>Address that the authority writes to when something is wrong; null: there is no account yet.</summary>
    public required string? Email { get; init; }

    /// <summary>File with the certificates that the authority's own server is checked with; null for the machine's.</summary>
    public required string? CaCertificates { get; init; }

    /// <summary>Holds the account, orders under way and answers to challenges; only root reads it.</summary>
    public required string StateDir { get; init; }

    /// <summary>Reads <c>MINIPAAS_ACME_DIRECTORY</c>, <c>MINIPAAS_ACME_EMAIL</c> and <c>MINIPAAS_ACME_CA_CERTIFICATES</c>.</summary>
    /// <exception cref="FormatException">A value cannot be understood; the message names it.</exception>
    public static AcmeSettings Read(Func<string, string?> variable, string stateDir)
    {
        var directory = Text("MINIPAAS_ACME_DIRECTORY") ?? LetsEncrypt;
        var email = Text("MINIPAAS_ACME_EMAIL");
        var certificates = Text("MINIPAAS_ACME_CA_CERTIFICATES");
        return new AcmeSettings
        {
            Directory = Uri.TryCreate(directory, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
                ? uri
                : throw new FormatException($"MINIPAAS_ACME_DIRECTORY is '{directory}'; it is an https address, as in {LetsEncrypt}."),
            Email = email is null || (email.Contains('@', StringComparison.Ordinal) && !email.Any(c => char.IsWhiteSpace(c) || c is ','))
                ? email
                : throw new FormatException($"MINIPAAS_ACME_EMAIL is '{email}', which is not an e-mail address."),
            CaCertificates = certificates is null || Path.IsPathRooted(certificates)
                ? certificates
                : throw new FormatException($"MINIPAAS_ACME_CA_CERTIFICATES is '{certificates}'; it is the absolute path of a PEM file."),
            StateDir = Path.Combine(stateDir, "acme"),
        };

        string? Text(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }
}
