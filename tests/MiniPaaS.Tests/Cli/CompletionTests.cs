namespace MiniPaaS.Tests.Cli;

public sealed class CompletionTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp");
        _server.AddApp("other-app");
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("paas ps", "ps ps:restart ps:scale")]
    [InlineData("paas ps:s", "scale")]
    [InlineData("paas roll", "rollback")]
    [InlineData("paas help config:u", "unset")]
    [InlineData("paas logs --t", "--tail")]
    [InlineData("paas ps -a my", "myapp")]
    [InlineData("paas ps --app ", "myapp other-app")]
    [InlineData("paas destroy o", "other-app")]
    [InlineData("paas completion ", "bash")]
    [InlineData("paas maintenance:o", "off on")]
    [InlineData("paas routing:set max-", "max-concurrent= max-queued=")]
    [InlineData("paas routing:unset hs", "hsts")]
    [InlineData("paas features:enable ", "http-session-affinity require-provenance")]
    public async Task A_real_bash_completes(string line, string expected)
    {
        const string script = """
            source <(paas completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            __paas_complete
            echo "${COMPREPLY[@]}"
            """;

        var result = await _paas.RunOtherAsync("bash", "-c", script, "bash", line);

        Assert.Equal("", result.Err);
        Assert.Equal(expected, result.Out.TrimEnd('\n'));
    }

    [Fact]
    public async Task Other_shells_are_refused()
    {
        var result = await _paas.RunAsync("completion", "tcsh");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("bash", result.Err, StringComparison.Ordinal);
    }
}
