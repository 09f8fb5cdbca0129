using System.Collections.Immutable;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Docker;

namespace MiniPaaS.Daemon.Running;

/// <summary>Decides whether a web dyno may get traffic: its port must answer HTTP within the boot timeout, then its checks must pass.</summary>
internal sealed class HealthGate(DockerClient docker, TimeProvider time) : IDisposable
{
    /// <summary>Heroku's R10: how long a web process may take to bind its port.</summary>
    public static readonly TimeSpan BootTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The longest that the gate can take with these checks.</summary>
    public static TimeSpan Longest(ImmutableArray<HealthCheck> checks) =>
        BootTimeout + checks.Aggregate(
            TimeSpan.Zero, (sum, check) => sum + check.InitialDelay + check.Uptime + (check.Attempts * (check.Timeout + check.Wait)));

    /// <summary>Returns null when the dyno passed, else why it did not, in words for the app's developer.</summary>
    public async Task<string?> PassAsync(Dyno dyno, string host, ImmutableArray<HealthCheck> checks, CancellationToken ct)
    {
        if (!await BootedAsync(dyno, host, ct))
        {
            return $"{dyno.Slot.Name} did not answer on its port within {BootTimeout.TotalSeconds:0} seconds of launch (error R10, boot timeout). "
                + $"A web process must listen on 0.0.0.0 at the port in the PORT environment variable.{await OtherPortAsync(dyno, host, ct)}";
        }

        foreach (var check in checks)
        {
            if (await PassAsync(dyno, host, check, ct) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>True when something accepts connections on the dyno's port right now.</summary>
    public async Task<bool> ListensAsync(Dyno dyno, CancellationToken ct) =>
        await AskAsync(dyno, "localhost", "/", TimeSpan.FromSeconds(1), ct) is not null;

    public void Dispose() => http.Dispose();

    private async Task<bool> BootedAsync(Dyno dyno, string host, CancellationToken ct)
    {
        var deadline = time.GetUtcNow() + BootTimeout;
        for (var pause = 5; time.GetUtcNow() < deadline; pause = Math.Min(pause + 5, 100))
        {
            if (await AskAsync(dyno, host, "/", TimeSpan.FromSeconds(5), ct) is not null)
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pause), time, ct);
        }

        return false;
    }

    // Images that were made for elsewhere listen where they EXPOSE.
    private async Task<string> OtherPortAsync(Dyno dyno, string host, CancellationToken ct)
    {
        var ports = (await docker.InspectContainerAsync(dyno.Id, ct))?.Labels.GetValueOrDefault(DynoContainer.ExposesLabel) ?? "";
        foreach (var port in ports.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(5).Where(port => ushort.TryParse(port, out _)))
        {
            if (await AskAsync(dyno, host, "/", TimeSpan.FromSeconds(2), ct, int.Parse(port)) is not null)
            {
                return $" This image listens on {port}, which it EXPOSEs, instead of ${{PORT}}: have it read PORT, or give it a command that does (--process web=...).";
            }
        }

        return ports.Length == 0 ? "" : $" The image EXPOSEs {ports}; here ${{PORT}} counts.";
    }

    private async Task<string?> PassAsync(Dyno dyno, string host, HealthCheck check, CancellationToken ct)
    {
        await Task.Delay(check.InitialDelay, time, ct);
        var up = time.GetUtcNow() - dyno.Since;
        if (up < check.Uptime)
        {
            await Task.Delay(check.Uptime - up, time, ct);
        }

        var reason = "";
        for (var attempt = 1; attempt <= check.Attempts; attempt++)
        {
            reason = await TryAsync(dyno, host, check, ct);
            if (reason is null)
            {
                return null;
            }

            if (attempt < check.Attempts)
            {
                await Task.Delay(check.Wait, time, ct);
            }
        }

        return $"{dyno.Slot.Name} failed the healthcheck \"{check.Name}\" {check.Attempts} times; the last time {reason}";
    }

    private async Task<string?> TryAsync(Dyno dyno, string host, HealthCheck check, CancellationToken ct)
    {
        if (!check.Command.IsEmpty)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(check.Timeout);
            try
            {
                var exitCode = await docker.ExecAsync(dyno.Id, new ExecSpec { Command = check.Command }, output: null, limit.Token);
                return exitCode == 0 ? null : $"its command exited with status {exitCode}.";
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return $"its command took longer than {check.Timeout.TotalSeconds:0} seconds.";
            }
        }

        if (check.Path is null && check.Content is null)
        {
            return null; // an uptime check, or one that the boot has already answered
        }

        var path = check.Path ?? "/";
        return await AskAsync(dyno, host, path, check.Timeout, ct) switch
        {
            null => $"{path} did not answer within {check.Timeout.TotalSeconds:0} seconds.",
            { Status: >= 400 } answer => $"{path} answered {answer.Status}.",
            var (_, body) when check.Content is { } content && !body.Contains(content, StringComparison.Ordinal) =>
                $"the answer of {path} did not contain \"{content}\".",
            _ => null,
        };
    }

    private async Task<(int Status, string Body)?> AskAsync(
        Dyno dyno, string host, string path, TimeSpan timeout, CancellationToken ct, int port = RouteBook.DynoPort)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{dyno.Address}:{port}{path}");
            request.Headers.Host = host;
            request.Headers.ConnectionClose = true;
            request.Headers.TryAddWithoutValidation("User-Agent", "MiniPaaS-Healthcheck");
            request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return ((int)answer.StatusCode, await HeadOfAsync(answer, limit.Token));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            return null;
        }
    }

    // A hostile app may answer without end; a check looks at the first 64 KB.
    private static async Task<string> HeadOfAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var buffer = new byte[64 << 10];
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }
}
