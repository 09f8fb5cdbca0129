using System.Text.RegularExpressions;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Securing;

/// <summary>What is ordered, and when. The pauses keep within Let's Encrypt's five failed validations per host and hour.</summary>
internal static partial class AcmeSchedule
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestRateLimit = TimeSpan.FromHours(1);

    /// <summary>Pause after a number of failures in a row: five minutes, doubled every time, a day at most.</summary>
    public static TimeSpan PauseAfter(int failures, bool rateLimited)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 16));
        pause = pause < LongestPause ? pause : LongestPause;
        return rateLimited && pause < ShortestRateLimit ? ShortestRateLimit : pause;
    }

    /// <summary>When a certificate issued now is renewed; never at once, whatever this machine's clock says.</summary>
    public static DateTimeOffset RenewalOf(Certificate certificate, DateTimeOffset now)
    {
        var soonest = now + ((certificate.NotAfter - certificate.NotBefore) / 3);
        return certificate.RenewAt > soonest ? certificate.RenewAt : soonest;
    }

    /// <summary>Why no authority could issue a certificate for a domain by HTTP-01, or null.</summary>
    public static string? Exclude(string host)
    {
        if (host.StartsWith("*.", StringComparison.Ordinal))
        {
            return "Certificates for wildcard domains cannot be had by HTTP-01 (RFC 8555, 8.3). Upload one with `paas certs:add`.";
        }

        if (host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal))
        {
            return "Names under localhost mean every visitor's own machine (RFC 6761). The local CA has a certificate for it: see `paas certs:trust`.";
        }

        return HostName().IsMatch(host) ? null : "It is not a host name that a certificate authority knows.";
    }

    // Two labels at least, and the last one no number.
    [GeneratedRegex(@"^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostName();
}
