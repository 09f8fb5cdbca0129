using System.Net;
using System.Text;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class ExecTests(EngineFixture fixture)
{
    [Fact]
    public async Task A_command_has_its_own_exit_code_environment_user_and_directory()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var result = await fixture.ExecAsync(id, new ExecSpec
        {
            Command = ["sh", "-c", "id -u; pwd; echo $BASE $OWN; exit 9"],
            Env = ["OWN=mine"],
            User = "tester",
            WorkingDir = "/tmp",
        });

        Assert.Equal((9, "21000\n/tmp\nyes mine\n"), result);
    }

    [Fact]
    public async Task No_output_of_a_command_is_lost()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var (code, output) = await fixture.ExecAsync(id, new ExecSpec { Command = ["seq", "1", "50000"] });

        Assert.Equal(0, code);
        Assert.Equal(string.Concat(Enumerable.Range(1, 50000).Select(n => $"{n}\n")), output);
    }

    [Fact]
    public async Task A_process_left_behind_with_the_output_open_does_not_delay_the_end()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var result = await fixture.ExecAsync(id, new ExecSpec { Command = ["sh", "-c", "sleep 900 & echo started; exit 3"] });

        Assert.Equal((3, "started\n"), result);
        Assert.True((await fixture.Engine.InspectContainerAsync(id, EngineFixture.Deadline()))!.Running);
    }

    [Fact]
    public async Task A_command_that_closes_its_output_is_still_waited_for()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var code = await fixture.Engine.ExecAsync(
            id, new ExecSpec { Command = ["sh", "-c", "exec >/dev/null 2>&1; sleep 1; exit 4"] }, output: null, EngineFixture.Deadline());

        Assert.Equal(4, code);
    }

    [Fact]
    public async Task A_slow_taker_gets_everything_even_after_the_command_has_ended()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var text = new StringBuilder();
        var code = await fixture.Engine.ExecAsync(
            id, new ExecSpec { Command = ["sh", "-c", "sleep 900 & seq 1 20000"] },
            async (data, ct) =>
            {
                text.Append(Encoding.UTF8.GetString(data.Span));
                await Task.Delay(text.Length < 100_000 ? 50 : 1, ct);
            },
            EngineFixture.Deadline());

        Assert.Equal(0, code);
        Assert.EndsWith("\n20000\n", text.ToString());
    }

    [Fact]
    public async Task A_failure_of_the_taker_reaches_the_caller()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => fixture.Engine.ExecAsync(
            id, new ExecSpec { Command = ["sh", "-c", "echo x; sleep 900"] },
            (_, _) => throw new InvalidDataException("enough"), EngineFixture.Deadline()));

        Assert.Equal("enough", error.Message);
    }

    [Fact]
    public async Task Cancelling_returns_at_once_and_leaves_the_container_running()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        using var cancel = new CancellationTokenSource();
        var exec = fixture.Engine.ExecAsync(
            id, new ExecSpec { Command = ["sh", "-c", "echo x; sleep 900"] },
            async (_, _) => await cancel.CancelAsync(), cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exec);
        Assert.True((await fixture.Engine.InspectContainerAsync(id, EngineFixture.Deadline()))!.Running);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_has_the_shells_exit_code_and_its_name_in_the_output()
    {
        var id = await fixture.StartAsync(fixture.Spec("sleep", "1000"));
        var (code, output) = await fixture.ExecAsync(id, new ExecSpec { Command = ["no-such-command"] });

        Assert.Contains(code, new[] { 126, 127 });
        Assert.Contains("no-such-command", output);
    }

    [Fact]
    public async Task A_container_that_does_not_run_refuses()
    {
        var id = await fixture.CreateAsync(fixture.Spec("true"));
        var error = await Assert.ThrowsAsync<DockerException>(() => fixture.ExecAsync(id, new ExecSpec { Command = ["true"] }));

        Assert.Equal(HttpStatusCode.Conflict, error.Status);
        Assert.Contains("is not running", error.Message);
    }
}
