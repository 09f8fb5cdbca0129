namespace MiniPaaS.Tests.Cli;

/// <summary>The words are those of Heroku's client, which scripts may look for.</summary>
public sealed class BuildpackTests : IAsyncLifetime
{
    private TestControlPlane _server = null!;
    private PaasProgram _paas = null!;

    public async Task InitializeAsync()
    {
        _server = await TestControlPlane.StartAsync();
        _paas = new PaasProgram(_server);
        _server.AddApp("myapp", release: 6);
        _paas.Environment["PAAS_APP"] = "myapp";
    }

    public async Task DisposeAsync()
    {
        _paas.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_list_grows_changes_and_shrinks()
    {
        Assert.Equal("myapp has no Buildpacks.\n", await OutAsync("buildpacks"));
        Assert.Equal(
            "Buildpack set. Next release on myapp will use heroku/php.\nRun git push paas master to create a new release using this buildpack.\n",
            await OutAsync("buildpacks:set", "heroku/php"));
        Assert.Equal("=== myapp Buildpack\n\nheroku/php\n", await OutAsync("buildpacks"));
        Assert.Equal(
            "Buildpack added. Next release on myapp will use:\n  1. heroku/nodejs\n  2. heroku/php\nRun git push paas master to create a new release using these buildpacks.\n",
            await OutAsync("buildpacks:add", "heroku/nodejs", "--index", "1"));
        await OutAsync("buildpacks:add", "https://example.org/pack.git#v1");
        await OutAsync("buildpacks:insert", "heroku/apt", "-i", "2");
        Assert.Equal("=== myapp Buildpacks\n\n1. heroku/nodejs\n2. heroku/apt\n3. heroku/php\n4. https://example.org/pack.git#v1\n", await OutAsync("buildpacks"));
        await OutAsync("buildpacks:set", "heroku/ruby", "-i", "3");
        await OutAsync("buildpacks:remove", "heroku/apt");
        await OutAsync("buildpacks:remove", "-i", "1");
        Assert.Equal(["heroku/ruby", "https://example.org/pack.git#v1"], _server.Buildpacks.AsEnumerable());
        Assert.Equal("Buildpacks cleared. Next release on myapp will detect buildpacks normally.\n", await OutAsync("buildpacks:clear"));
        Assert.Empty(_server.Buildpacks);
    }

    [Fact]
    public async Task Clearing_warns_of_the_config_var_that_is_left()
    {
        _server.Buildpacks = ["heroku/php"];
        _server.Vars = _server.Vars.Add("BUILDPACK_URL", "heroku/ruby");
        var result = await _paas.RunAsync("buildpacks:remove", "heroku/php");
        Assert.Equal("Buildpack removed.\n", result.Out);
        Assert.Contains("The BUILDPACK_URL config var is still set and will be used for the next release", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The buildpack heroku/php is already set on your app.", "buildpacks:add", "heroku/php")]
    [InlineData("The buildpack urn:buildpack:heroku/php is already set on your app.", "buildpacks:set", "urn:buildpack:heroku/php")]
    [InlineData("Buildpack not found. Nothing was removed.", "buildpacks:remove", "heroku/ruby")]
    [InlineData("Invalid index. Only valid value is 1.", "buildpacks:remove", "-i", "2")]
    [InlineData("Invalid index. Must be greater than 0.", "buildpacks:add", "heroku/ruby", "-i", "0")]
    [InlineData("Please choose either to remove by index or URL", "buildpacks:remove")]
    [InlineData("is not a buildpack", "buildpacks:set", "wrong")]
    public async Task What_cannot_be_done_is_said_and_changes_nothing(string message, params string[] arguments)
    {
        _server.Buildpacks = ["heroku/php"];
        var result = await _paas.RunAsync(arguments);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Err, StringComparison.Ordinal);
        Assert.Equal(["heroku/php"], _server.Buildpacks.AsEnumerable());
    }

    private async Task<string> OutAsync(params string[] arguments)
    {
        var result = await _paas.RunAsync(arguments);
        Assert.True(result.ExitCode == 0, result.Err);
        return result.Out;
    }
}
