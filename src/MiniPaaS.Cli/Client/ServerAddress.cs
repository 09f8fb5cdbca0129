using System.Diagnostics.CodeAnalysis;

namespace MiniPaaS.Cli.Client;

/// <summary>Scheme, host and port of a control plane.</summary>
internal sealed record ServerAddress
{
    public static readonly ServerAddress Default = new(new Uri("http://paas.localhost"));

    private ServerAddress(Uri uri) => Uri = uri;

    public Uri Uri { get; }

    /// <summary>True for names that mean this machine wherever they are looked up (RFC 6761).</summary>
    public bool IsLocal => IsLoopbackName(Uri.IdnHost) || Uri.IsLoopback;

    /// <summary>Parses an address typed by a user; without a scheme it means http.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address)
    {
        address = null;
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return false;
        }
        address = new ServerAddress(new Uri(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)));
        return true;
    }

    /// <summary>
    /// True for an address on this very server: same scheme, host and port; or HTTPS instead of HTTP on the same port, which
    /// speaks both, or on the one that goes with it.
    /// </summary>
    public bool Owns(Uri other) => Uri.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase) && (Uri.Scheme, other.Scheme) switch
    {
        ("http", "https") => other.Port == Uri.Port || (Uri.Port, other.Port) == (80, 443),
        var (own, others) => own == others && Uri.Port == other.Port,
    };

    public static bool IsLoopbackName(string host)
    {
        var name = host.TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    public override string ToString() => Uri.GetLeftPart(UriPartial.Authority);
}
