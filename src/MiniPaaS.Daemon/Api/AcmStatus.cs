using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>How the automatic certificates of an app's domains stand, in the API's words.</summary>
internal sealed class AcmStatus(AcmeOrders orders)
{
    /// <summary>One entry per domain; none while they are not enabled.</summary>
    public ImmutableArray<AcmDomain> Of(SqliteConnection db, long appId)
    {
        if (!AcmeTable.IsEnabled(db, appId))
        {
            return [];
        }

        var known = AcmeTable.OfApp(db, appId).ToDictionary(c => c.Host);
        return [.. AppTable.Domains(db, appId).Select(host => Describe(host, known.GetValueOrDefault(host)))];
    }

    private AcmDomain Describe(string host, AutomaticCertificate? known)
    {
        if (AcmeSchedule.Exclude(host) is { } reason)
        {
            return new AcmDomain(host, "excluded", reason, null, null);
        }

        var status = orders.UnderWay == host ? "ordering"
            : known?.Error is not null ? "failing"
            : known?.Certificate is not null ? "cert issued" : "pending";
        return new AcmDomain(host, status, known?.Error, known?.Certificate?.NotAfter, known?.NextAttempt);
    }
}
