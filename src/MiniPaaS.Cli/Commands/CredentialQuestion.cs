namespace MiniPaaS.Cli.Commands;

/// <summary>What git tells a credential helper on standard input: lines of <c>key=value</c>.</summary>
/// <param name="Address">Scheme, host and port that the password is for, or null when they are no address.</param>
internal sealed record CredentialQuestion(Uri? Address)
{
    public static async Task<CredentialQuestion> ReadAsync(TextReader input, CancellationToken cancellation)
    {
        string? protocol = null;
        string? host = null;
        while (await input.ReadLineAsync(cancellation) is { Length: > 0 } line)
        {
            var separator = line.IndexOf('=', StringComparison.Ordinal);
            var value = separator < 0 ? "" : line[(separator + 1)..];
            switch (separator < 0 ? line : line[..separator])
            {
                case "protocol":
                    protocol = value;
                    break;
                case "host":
                    host = value;
                    break;
                default:
                    break;
            }
        }
        return new CredentialQuestion(Uri.TryCreate($"{protocol}://{host}", UriKind.Absolute, out var address) ? address : null);
    }
}
