using System.Net.Sockets;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

public sealed class ConnectionTests
{
    [Fact]
    public async Task A_socket_that_is_not_there_is_named_with_what_to_do()
    {
        using var engine = new DockerClient("/nonexistent/docker.sock");
        var error = await Assert.ThrowsAsync<DockerException>(() => engine.GetVersionAsync(EngineFixture.Deadline()));

        Assert.Null(error.Status);
        Assert.StartsWith("cannot reach the Docker Engine at /nonexistent/docker.sock: ", error.Message);
        Assert.Contains("Start the Docker Engine", error.Message);
    }

    [Fact]
    public async Task A_socket_nobody_listens_on_is_named_with_what_to_do()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "docker.sock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        using var engine = new DockerClient(path);
        var error = await Assert.ThrowsAsync<DockerException>(() => engine.GetVersionAsync(EngineFixture.Deadline()));

        Assert.Null(error.Status);
        Assert.Contains("Connection refused. Start the Docker Engine", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Version\":")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")]
    public async Task An_answer_that_breaks_off_says_so(string answer)
    {
        var error = await AnswerAsync(answer, engine => engine.GetVersionAsync(EngineFixture.Deadline()));

        Assert.Null(error.Status);
        Assert.Contains("broke off", error.Message);
    }

    [Theory]
    [InlineData("1.12", "/v1.41/")]
    [InlineData("1.44", "/v1.44/")]
    public async Task An_engine_that_refuses_old_versions_is_spoken_to_in_the_oldest_it_accepts(string oldest, string prefix)
    {
        var asked = "";
        using var socket = new ScriptedSocket(
            line =>
            {
                asked = line;
                return ScriptedSocket.Json("[]");
            },
            oldest);
        await socket.Engine.ListContainersAsync([], EngineFixture.Deadline());

        Assert.StartsWith($"GET {prefix}containers/json", asked);
    }

    [Fact]
    public async Task A_refusal_that_is_not_json_is_passed_on()
    {
        var error = await AnswerAsync(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 14\r\n\r\nnot right now\n",
            engine => engine.GetVersionAsync(EngineFixture.Deadline()));

        Assert.Equal("not right now", error.Message);
    }

    [Fact]
    public async Task A_failure_inside_a_progress_stream_is_thrown_although_the_status_was_success()
    {
        const string Progress = "{\"stream\":\"one\"}\r\n{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no space\"}\r\n";
        using var tar = new MemoryStream();
        var error = await AnswerAsync(
            $"HTTP/1.1 200 OK\r\nContent-Length: {Progress.Length}\r\n\r\n{Progress}",
            engine => engine.LoadImageAsync(tar, EngineFixture.Deadline()));

        Assert.Equal("no space", error.Message);
    }

    [Fact]
    public async Task A_command_about_to_start_is_not_taken_for_one_that_has_ended()
    {
        var inspections = 0;
        using var socket = new ScriptedSocket(line => line.Split(' ')[1] switch
        {
            "/v1.41/containers/c/exec" => ScriptedSocket.Json("{\"Id\":\"e\"}"),
            "/v1.41/exec/e/start" => "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
            _ => ScriptedSocket.Json(++inspections switch
            {
                1 => "{\"Running\":false,\"ExitCode\":null}",
                2 => "{\"Running\":true,\"ExitCode\":null}",
                _ => "{\"Running\":false,\"ExitCode\":5}",
            }),
        });
        var code = await socket.Engine.ExecAsync("c", new ExecSpec { Command = ["x"] }, output: null, EngineFixture.Deadline());

        Assert.Equal((5, 3), (code, inspections));
    }

    /// <summary>The failure a call meets when the engine answers so and hangs up.</summary>
    private static async Task<DockerException> AnswerAsync(string answer, Func<DockerClient, Task> call)
    {
        using var socket = new ScriptedSocket(_ => answer);
        return await Assert.ThrowsAsync<DockerException>(() => call(socket.Engine));
    }
}
