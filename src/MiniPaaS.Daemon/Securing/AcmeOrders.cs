using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Securing;

/// <summary>True once every router sends the challenges of an app's host here; an order before that would fail.</summary>
internal delegate Task<bool> ChallengeRoute(string app, string host, CancellationToken ct);

/// <summary>
/// Orders and renews the automatic certificates, one after the other. When each is due is in the database, so a restart
/// forgets nothing; what is issued is in force with its commit, because the certificate set follows the rows.
/// </summary>
internal sealed class AcmeOrders(
    Database database,
    AcmeClient client,
    ChallengeRoute route,
    LogBook logs,
    AcmeSettings settings,
    TimeProvider time,
    ILogger<AcmeOrders> log)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    private long seen = -1;
    private DateTimeOffset until;
    private volatile string? underWay;

    /// <summary>Host whose certificate is being ordered now, or null.</summary>
    public string? UnderWay => underWay;

    /// <summary>Works until cancelled: at start, after every change of the rows, whenever something is due, and once an hour.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        DiscardStrangers();
        using var timer = new PeriodicTimer(Tick, time);
        do
        {
            if (database.Commits == seen && time.GetUtcNow() < until)
            {
                continue;
            }

            try
            {
                await PassAsync(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                until = time.GetUtcNow() + AcmeSchedule.FirstPause;
                log.PassFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Orders everything that is due.</summary>
    public async Task PassAsync(CancellationToken ct)
    {
        while (true)
        {
            seen = database.Commits;
            var now = time.GetUtcNow();
            until = now + LongestRest;
            var (appId, host) = await NextAsync(now, ct);
            if (host is null)
            {
                return;
            }

            underWay = host;
            try
            {
                await OrderAsync(appId, host, ct);
            }
            finally
            {
                underWay = null;
            }
        }
    }

    // The domain that has been due for longest and can be ordered; without one, `until` is when to look again at the latest.
    private async Task<(long AppId, string? Host)> NextAsync(DateTimeOffset now, CancellationToken ct)
    {
        var (domains, known) = database.Read(db => (AcmeTable.Domains(db), AcmeTable.All(db).ToDictionary(c => c.Host, c => c.NextAttempt)));
        foreach (var (appId, app, host) in domains.Where(d => AcmeSchedule.Exclude(d.Host) is null).OrderBy(d => known.GetValueOrDefault(d.Host)))
        {
            var due = known.GetValueOrDefault(host);
            if (due <= now && await route(app, host, ct))
            {
                return (appId, host);
            }

            var look = due <= now ? now + Tick : due;
            until = look < until ? look : until;
        }

        return default;
    }

    private async Task OrderAsync(long appId, string host, CancellationToken ct)
    {
        log.Ordering(host, settings.Directory);
        Say(appId, $"Ordering a certificate for {host} from {settings.Directory.Host}");
        var outcome = await client.OrderAsync(host, ct);
        var now = time.GetUtcNow();
        if (outcome is AcmeOutcome.Issued { Certificate: var certificate })
        {
            var renewal = AcmeSchedule.RenewalOf(certificate, now);
            var kept = await database.WriteAsync(db => AcmeTable.Issue(db, appId, host, certificate, renewal, now), ct);
            client.Discard(host);
            if (kept)
            {
                log.Issued(host, certificate.NotAfter, renewal);
                Say(appId, $"The certificate for {host} was issued; it is valid until {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC and renewed ahead of that");
            }
        }
        else if (outcome is AcmeOutcome.Refused { Problem: var problem })
        {
            await FailAsync(appId, host, problem, now, ct);
        }
    }

    private async Task FailAsync(long appId, string host, AcmeProblem problem, DateTimeOffset now, CancellationToken ct)
    {
        var failures = (database.Read(db => AcmeTable.Find(db, host))?.Failures ?? 0) + 1;
        var next = now + AcmeSchedule.PauseAfter(failures, problem.IsRateLimit);
        if (await database.WriteAsync(db => AcmeTable.Fail(db, appId, host, problem.Reason, next, now), ct))
        {
            log.OrderFailed(host, next, problem.Reason);
            Say(appId, $"No certificate for {host}: {problem.Reason} Next attempt at {next:yyyy-MM-dd HH:mm:ss} UTC, or with `paas certs:auto:refresh`");
        }
    }

    private void Say(long appId, string line) => logs.Platform(appId, "acme", line);

    // Keys of domains that were removed while their order was under way.
    private void DiscardStrangers()
    {
        var hosts = database.Read(AcmeTable.Domains).Select(domain => domain.Host).ToHashSet();
        foreach (var host in client.LeftHosts().Where(host => !hosts.Contains(host)).ToList())
        {
            client.Discard(host);
        }
    }
}
