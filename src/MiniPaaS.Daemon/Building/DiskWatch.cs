using System.Globalization;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// Ends a build that takes more of the host's disk than it may. As long as the disk has not lost what the build has left, nothing is
/// measured: that the whole disk is asked costs nothing, and counting files does.
/// </summary>
/// <param name="directories">What the build writes to.</param>
/// <param name="containerSize">Bytes that its container has written elsewhere.</param>
/// <param name="limits">What it may use.</param>
/// <param name="time">Clock.</param>
internal sealed class DiskWatch(
    BuildDirectories directories, Func<CancellationToken, Task<long>> containerSize, BuildLimits limits, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    // What others free while the build writes would hide it; and files may be many that are empty.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>Does the work, unless the disk ends it.</summary>
    /// <exception cref="BuildRejectedException">The build took too much; its cache is gone as well, where the next build would begin.</exception>
    public async Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var working = work(ended.Token);
        var watching = WatchAsync(ended.Token);
        var first = await Task.WhenAny(working, watching);
        await ended.CancelAsync();
        await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first == working || ct.IsCancellationRequested)
        {
            return await working;
        }

        var excess = await watching;
        await directories.EmptyCacheAsync();
        throw excess;
    }

    private async Task<BuildRejectedException> WatchAsync(CancellationToken ct)
    {
        var disk = new DriveInfo(directories.Tree);
        var (left, free, measured) = (limits.Disk / 2, disk.AvailableFreeSpace, time.GetTimestamp());
        while (true)
        {
            var available = disk.AvailableFreeSpace;
            if (available < limits.DiskReserve)
            {
                return Excess(
                    $"The server's disk is full: builds must leave {ByteSize.Format(limits.DiskReserve)} of it free.",
                    "Push again when its administrator has made room.");
            }

            if (free - available >= left || time.GetElapsedTime(measured) >= Period)
            {
                if (await MeasureAsync(ct) is var (bytes, files) && (bytes > limits.Disk || files > limits.Files))
                {
                    return bytes > limits.Disk
                        ? Excess($"The build wrote more than {ByteSize.Format(limits.Disk)} to disk.", "That includes the app's cache, which has been emptied.")
                        : Excess($"The build made more than {limits.Files} files.", "That includes the app's cache, which has been emptied.");
                }

                (left, free, measured) = (limits.Disk - bytes, disk.AvailableFreeSpace, time.GetTimestamp());
            }

            await Task.Delay(Tick, time, ct);
        }
    }

    private async Task<(long Bytes, long Files)> MeasureAsync(CancellationToken ct)
    {
        var container = ContainerAsync(ct);
        var bytes = await CountAsync("--block-size=1", ct);
        return (bytes + await container, await CountAsync("--inodes", ct));
    }

    private async Task<long> ContainerAsync(CancellationToken ct)
    {
        try
        {
            return Math.Max(0, await containerSize(ct));
        }
        catch (DockerException)
        {
            // It may be on its way: the next time it is counted.
            return 0;
        }
    }

    // What the build removes meanwhile is missing, which du says with its exit code.
    private async Task<long> CountAsync(string what, CancellationToken ct)
    {
        await using var du = HostProcess.Start(
            ["du", "--summarize", "--total", "--one-file-system", what, "--", .. directories.Written], "/", environment: null);
        du.Input.Close();
        var lines = Encoding.UTF8.GetString(await du.ReadAsync(64 * 1024, ct) ?? []).TrimEnd('\n').Split('\n');
        await du.ExitAsync(ct);
        return long.TryParse(lines[^1].Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var total) ? total : 0;
    }

    private static BuildRejectedException Excess(string reason, string advice) => new(reason, reason, advice);
}
