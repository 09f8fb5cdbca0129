using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

public sealed partial class DockerClient
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstPollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Runs a command in a running container and returns its exit code; <paramref name="output"/> gets stdout and stderr in the order they arrive,
    /// each piece valid until it returns. Processes that the command leaves behind do not delay the return, even if they hold its output open.
    /// The engine itself then reports the end of this container's next command some seconds late, once.
    /// Cancelling stops the watching, not the command: the engine has no way to end one but to end the container.
    /// </summary>
    public async Task<int> ExecAsync(
        string id, ExecSpec spec, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? output, CancellationToken ct)
    {
        var body = new ExecCreate { Cmd = spec.Command, Env = spec.Env, User = spec.User, WorkingDir = spec.WorkingDir };
        var exec = (await PostAsync(
            $"/containers/{Escape(id)}/exec", body, DockerJson.Default.ExecCreate, DockerJson.Default.CreatedId, ct)).Id;
        var start = Json(new ExecStart(), DockerJson.Default.ExecStart);
        await using var stream = new OutputStream(await UpgradeAsync($"/exec/{exec}/start", start, ct), tty: false);
        using var pump = new OutputPump(stream, output, ct);
        while (true)
        {
            var ended = await pump.WaitAsync(PollInterval, ct);
            if (ended)
                return await WaitExecAsync(exec, ct);
            if ((await InspectExecAsync(exec, ct)).EndedWith is { } code)
            {
                await pump.DrainAsync(QuietPeriod, ct);
                return code;
            }
        }
    }

    /// <summary>The output has ended, so the command has too, or is about to, unless it closed its output to go on silently.</summary>
    private async Task<int> WaitExecAsync(string exec, CancellationToken ct)
    {
        for (var interval = FirstPollInterval; ; interval = interval < PollInterval ? interval * 2 : PollInterval)
        {
            if ((await InspectExecAsync(exec, ct)).EndedWith is { } code)
                return code;
            await Task.Delay(interval, ct);
        }
    }

    private Task<ExecInspect> InspectExecAsync(string exec, CancellationToken ct) =>
        GetAsync($"/exec/{exec}/json", DockerJson.Default.ExecInspect, ct);
}
