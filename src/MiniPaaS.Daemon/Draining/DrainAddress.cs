using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace MiniPaaS.Daemon.Draining;

/// <summary>An address that logs can be sent to, in Heroku's forms.</summary>
/// <param name="Url">Without user and password.</param>
/// <param name="Authorization">Value of the header Authorization, or null.</param>
internal sealed record DrainAddress(Uri Url, string? Authorization)
{
    private const int MaxLength = 2000;
    private const int SyslogPort = 514;      // RFC 3164; of TCP by custom
    private const int SyslogTlsPort = 6514;  // RFC 5425, 4.1

    public bool IsHttp => Url.Scheme is "http" or "https";

    public bool IsTls => Url.Scheme is "https" or "syslog+tls";

    public int Port => Url.Port > 0 ? Url.Port : Url.Scheme == "syslog" ? SyslogPort : SyslogTlsPort;

    public static bool TryParse(string? text, [NotNullWhen(true)] out DrainAddress? address, out string error)
    {
        (address, error) = (null, "");
        if (text is not { Length: > 0 and <= MaxLength } || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0
            || url.Scheme is not ("syslog" or "syslog+tls" or "http" or "https"))
        {
            error = "Give the address that logs are to be sent to: syslog://host:port, syslog+tls://host:port, https://host/path or http://host/path.";
            return false;
        }

        var authorization = url.UserInfo.Length == 0 ? null
            : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo)))}";
        address = new DrainAddress(new UriBuilder(url) { UserName = "", Password = "", Fragment = "" }.Uri, authorization);
        return true;
    }

    /// <summary>The IP address that is written in it, or null for a name.</summary>
    public IPAddress? Literal => IPAddress.TryParse(Url.DnsSafeHost, out var address) ? address : null;
}
