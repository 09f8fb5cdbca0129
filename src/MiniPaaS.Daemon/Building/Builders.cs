using System.Collections.Immutable;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>A builder that waits for the next build of its app.</summary>
/// <param name="AppId">The app.</param>
/// <param name="Memory">Bytes it uses.</param>
internal sealed record IdleBuilder(long AppId, long Memory);

/// <summary>
/// The builders that wait for the next build of their apps, the newest few: one that has served, where its packs have servers that stay, or
/// a fresh one that has been started already. They make builds faster and are no part of them: a build without one sees the same.
/// </summary>
internal sealed partial class Builders(Settings settings, DockerClient docker, BuildLimits limits, TimeProvider time, ILogger<Builders> log)
{
    /// <summary>How long one waits; compilers that wait longer end by themselves.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(9);

    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    // Below this part of the machine's memory the apps need it more.
    private const int LeastFreePercent = 10;

    private readonly Lock gate = new();
    private readonly List<Entry> idle = [];
    private readonly Dictionary<long, int> drops = [];
    private Task replaced = Task.CompletedTask;

    /// <summary>Those that wait.</summary>
    public ImmutableArray<IdleBuilder> Idle
    {
        get
        {
            lock (gate)
            {
                return [.. idle.Where(entry => entry.Ready is { IsCompletedSuccessfully: true, Result: not null })
                    .Select(entry => new IdleBuilder(entry.AppId, entry.Ready.Result!.Memory))];
            }
        }
    }

    /// <summary>The builder for a build, whose owner the caller becomes. One with a clean cache gets one that never served.</summary>
    public async Task<AppBuilder> TakeAsync(BuildRequest request, string stack, CancellationToken ct)
    {
        var ground = await BuildGround.OfAsync(docker, stack, ct);
        if (!request.CleanCache && Remove(entry => entry.AppId == request.AppId) is [var entry] && await entry.Ready is { } waiting)
        {
            if (waiting.Fits(request, ground))
            {
                return waiting;
            }

            await waiting.DisposeAsync();
        }

        return await AppBuilder.CreateAsync(settings, docker, limits, request, ground, ct);
    }

    /// <summary>Takes a builder back, after a build that succeeded, to clean it for the next one.</summary>
    /// <param name="appId">Its app.</param>
    /// <param name="builder">The builder, held still.</param>
    /// <param name="servers">Patterns of the programs that may stay.</param>
    public void Keep(long appId, AppBuilder builder, ImmutableArray<string> servers)
    {
        if (settings.WarmBuilders == 0)
        {
            lock (gate)
            {
                replaced = Task.WhenAll(replaced, DiscardAsync(builder));
            }

            return;
        }

        Add(appId, async () =>
        {
            if (await builder.CleanAsync(servers))
            {
                return builder;
            }

            await builder.DisposeAsync();
            return null;
        });
    }

    /// <summary>
    /// Removes a builder whose build succeeded and makes a fresh one for the app's next build, both when the app has had the time to start.
    /// </summary>
    /// <param name="request">The build.</param>
    /// <param name="builder">Its builder, held still.</param>
    public void Replace(BuildRequest request, AppBuilder builder)
    {
        lock (gate)
        {
            replaced = Task.WhenAll(replaced, ReplaceAsync(request, builder, drops.GetValueOrDefault(request.AppId)));
        }
    }

    /// <summary>Removes the builder of an app.</summary>
    public Task DropAsync(long appId)
    {
        lock (gate)
        {
            drops[appId] = drops.GetValueOrDefault(appId) + 1;
        }

        return DropAsync(entry => entry.AppId == appId);
    }

    /// <summary>Removes all builders.</summary>
    public Task DropAllAsync() => DropAsync(_ => true);

    /// <summary>Completes when what builds that have ended left to do is done.</summary>
    public async Task SettledAsync()
    {
        Task[] pending;
        lock (gate)
        {
            pending = [replaced];
        }

        await Task.WhenAll(pending);
        lock (gate)
        {
            pending = [.. idle.Select(entry => entry.Ready)];
        }

        await Task.WhenAll(pending);
    }

    /// <summary>Removes those that nobody has come for, and all of them when memory runs short, until cancelled; then the rest.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                var oldest = time.GetUtcNow() - Patience;
                var isTight = IsMemoryShort(await File.ReadAllLinesAsync("/proc/meminfo", ct));
                await DropAsync(entry => isTight || entry.Since < oldest);
            }
        }
        finally
        {
            await DropAllAsync();
        }
    }

    /// <summary>True when less than a tenth of the memory can be had.</summary>
    /// <param name="meminfo">Lines of <c>/proc/meminfo</c>, as in <c>MemAvailable:  123 kB</c>.</param>
    internal static bool IsMemoryShort(string[] meminfo)
    {
        return Of("MemAvailable:") < Of("MemTotal:") * LeastFreePercent / 100;

        long Of(string name) => meminfo.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), out var size) ? size : long.MaxValue / 1000;
    }

    private void Add(long appId, Func<Task<AppBuilder?>> make)
    {
        Entry entry;
        lock (gate)
        {
            idle.Add(entry = new Entry(appId, time.GetUtcNow(), new TaskCompletionSource<AppBuilder?>(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        _ = MakeAsync(entry, make);
        _ = DropAsync(other => other != entry && (other.AppId == appId || idle.IndexOf(other) < idle.Count - settings.WarmBuilders));
    }

    private async Task MakeAsync(Entry entry, Func<Task<AppBuilder?>> make)
    {
        try
        {
            entry.Made.SetResult(await make());
        }
        catch (Exception e)
        {
            LogNotPrepared(entry.AppId, e.Message);
            entry.Made.TrySetResult(null);
        }
    }

    private Task DropAsync(Func<Entry, bool> which) => Task.WhenAll(Remove(which).Select(DropAsync));

    private async Task DropAsync(Entry entry)
    {
        if (await entry.Ready is { } builder)
        {
            await DiscardAsync(builder);
        }
    }

    // An app that was purged or destroyed meanwhile gets none.
    private async Task ReplaceAsync(BuildRequest request, AppBuilder builder, int dropsBefore)
    {
        await Task.Delay(Courtesy, time, CancellationToken.None);
        await DiscardAsync(builder);
        lock (gate)
        {
            if (settings.WarmBuilders == 0 || drops.GetValueOrDefault(request.AppId) != dropsBefore || idle.Any(entry => entry.AppId == request.AppId))
            {
                return;
            }
        }

        Add(request.AppId, () => FreshAsync(request, builder.Ground.Stack));
    }

    private async Task<AppBuilder?> FreshAsync(BuildRequest request, string stack)
    {
        var ground = await BuildGround.OfAsync(docker, stack, CancellationToken.None);
        var builder = await AppBuilder.CreateAsync(settings, docker, limits, request, ground, CancellationToken.None);
        try
        {
            await builder.StartedAsync();
            return builder;
        }
        catch
        {
            await builder.DisposeAsync();
            throw;
        }
    }

    private async Task DiscardAsync(AppBuilder builder)
    {
        try
        {
            await builder.DisposeAsync();
        }
        catch (Exception e) when (e is DockerException or HostProcessException or IOException)
        {
            LogNotRemoved(e.Message);
        }
    }

    private ImmutableArray<Entry> Remove(Func<Entry, bool> which)
    {
        lock (gate)
        {
            ImmutableArray<Entry> removed = [.. idle.Where(which)];
            idle.RemoveAll(removed.Contains);
            return removed;
        }
    }

    private sealed record Entry(long AppId, DateTimeOffset Since, TaskCompletionSource<AppBuilder?> Made)
    {
        public Task<AppBuilder?> Ready => Made.Task;
    }

    [LoggerMessage(501, LogLevel.Warning, "No builder could be prepared for app {AppId}: {Reason}")]
    private partial void LogNotPrepared(long appId, string reason);

    [LoggerMessage(502, LogLevel.Warning, "A builder could not be removed, the next start does it: {Reason}")]
    private partial void LogNotRemoved(string reason);
}
