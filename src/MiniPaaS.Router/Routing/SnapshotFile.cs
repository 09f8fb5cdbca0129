using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Routing;

/// <summary>Mirrors the routes to disk, so that a restarted router serves at once and without the control plane.</summary>
internal sealed class SnapshotFile(RouterSettings settings, RouteBoard board, TimeProvider time, ILogger<SnapshotFile> log)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private const int RestPerWork = 10;

    private readonly CancellationTokenSource stopping = new();
    private Task mirroring = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Load();
        mirroring = MirrorAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        board.StopChanges();
        await stopping.CancelAsync();
        await mirroring;
    }

    public void Dispose() => stopping.Dispose();

    private void Load()
    {
        if (!File.Exists(settings.SnapshotPath))
        {
            return;
        }

        try
        {
            using var file = File.OpenRead(settings.SnapshotPath);
            var snapshot = JsonSerializer.Deserialize(file, ProtocolJson.Default.RouteSnapshot) ?? throw new JsonException("it is null");
            if (RouteCheck.Problem(snapshot, settings.BootId) is { } problem)
            {
                log.SnapshotIgnored(settings.SnapshotPath, problem);
                return;
            }

            board.Load(snapshot);
            log.SnapshotLoaded(snapshot.Apps.Length, settings.SnapshotPath);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            log.SnapshotIgnored(settings.SnapshotPath, failure.Message);
        }
    }

    private async Task MirrorAsync()
    {
        // Yields at once, so that nothing here delays the start.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await foreach (var _ in board.Changes.ReadAllAsync(CancellationToken.None))
        {
            var start = time.GetTimestamp();
            while (!TryWrite() && await PauseAsync(RetryAfter))
            {
                // The reason is in the log; what is written next is what is in force then.
            }

            // With ten thousand apps a mirror is megabytes: flips that follow each other closely share one.
            await PauseAsync(time.GetElapsedTime(start) * RestPerWork);
        }
    }

    private bool TryWrite()
    {
        try
        {
            MirrorFile.Write(settings.SnapshotPath, settings.InstanceId, board.Snapshot(), ProtocolJson.Default.RouteSnapshot);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.SnapshotNotWritten(settings.SnapshotPath, failure.Message, (int)RetryAfter.TotalSeconds);
            return false;
        }
    }

    // False when the router stops: then there is no later.
    private async Task<bool> PauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stopping.IsCancellationRequested;
    }
}
