using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>An app with its git repository, used as its developer uses it: git, <c>paas</c> and HTTP.</summary>
internal sealed class TestApp
{
    private static readonly TimeSpan PushLimit = TimeSpan.FromMinutes(4);
    private static readonly ConcurrentDictionary<string, string> Owners = new(StringComparer.Ordinal);

    private TestApp(Platform platform, string name)
    {
        Platform = platform;
        Name = name;
        Folder = Path.Combine(platform.Directory, "apps", name);
    }

    public Platform Platform { get; }

    public string Name { get; }

    /// <summary>Work tree.</summary>
    public string Folder { get; }

    public string Url => $"http://{Name}.localhost:{Platform.Port}";

    /// <summary>A new app with a commit of an example's or fixture's files, not pushed yet.</summary>
    /// <param name="platform">Where it lives.</param>
    /// <param name="source">Folder below examples or fixtures.</param>
    /// <param name="name">App name; no other test may use it, since which tests meet on a platform depends on how fast they run.</param>
    /// <param name="test">The test.</param>
    public static async Task<TestApp> CreateAsync(Platform platform, string source, string name, [CallerMemberName] string test = "")
    {
        var owner = Owners.GetOrAdd(name, test);
        Assert.True(owner == test, $"The name {name} belongs to the test {owner}; choose another one for {test}.");
        var app = new TestApp(platform, name);
        Directory.CreateDirectory(app.Folder);
        (await Command.RunAsync("cp", ["-a", $"{Repository.App(source)}/.", app.Folder])).Expect();
        await app.GitAsync("init", "--quiet", "--initial-branch=master");
        await app.CommitAsync("First");
        await app.PaasAsync("create", name);
        return app;
    }

    /// <summary>A new app that has been pushed and is live.</summary>
    public static async Task<TestApp> DeployAsync(Platform platform, string source, string name, [CallerMemberName] string test = "")
    {
        var app = await CreateAsync(platform, source, name, test);
        (await app.PushAsync()).Expect();
        return app;
    }

    public void Write(string file, string content)
    {
        var path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public async Task CommitAsync(string message)
    {
        await GitAsync("add", "--all");
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", message);
    }

    /// <summary>Writes a file and commits.</summary>
    public Task CommitAsync(string file, string content)
    {
        Write(file, content);
        return CommitAsync($"Change {file}");
    }

    public async Task<string> GitAsync(params string[] arguments) => (await TryGitAsync(arguments)).Expect().Output.Trim();

    public Task<CommandResult> TryGitAsync(params string[] arguments) =>
        Command.RunAsync("git", arguments, Folder, Platform.UserEnvironment());

    public Task<CommandResult> PushAsync() => TryGitAsync("push", "paas", "master");

    /// <summary>A push that runs on while the test does something else.</summary>
    public RunningCommand StartPush() => Command.Start("git", ["push", "paas", "master"], Folder, Platform.UserEnvironment());

    /// <summary>Pushes and expects a rejection.</summary>
    public async Task<CommandResult> PushRejectedAsync()
    {
        var push = await PushAsync();
        Assert.False(push.Succeeded, $"The push should have been rejected: {push.Everything}");
        Assert.Contains("[remote rejected]", push.Errors, StringComparison.Ordinal);
        return push;
    }

    public async Task<string> PaasAsync(params string[] arguments) => (await TryPaasAsync(arguments)).Expect().Output.Trim();

    public Task<CommandResult> TryPaasAsync(params string[] arguments) =>
        Command.RunAsync(Platform.CliProgram, arguments, Folder, Platform.UserEnvironment());

    /// <summary>Waits for the end of a push that was started.</summary>
    public static Task<CommandResult> EndOf(RunningCommand push) => push.ResultAsync(PushLimit);

    public RunningCommand StartPaas(params string[] arguments) =>
        Command.Start(Platform.CliProgram, arguments, Folder, Platform.UserEnvironment());

    /// <summary>The body of an answer that must be a 200.</summary>
    public async Task<string> GetAsync(string path = "/")
    {
        var (status, body) = await AskAsync(path);
        Assert.True(status == 200, $"{Url}{path} answered {status}: {body}");
        return body;
    }

    public Task<(int Status, string Body)> AskAsync(string path = "/") => AskHostAsync($"{Name}.localhost", path);

    /// <summary>Asks under another name than the app's own.</summary>
    public async Task<(int Status, string Body)> AskHostAsync(string host, string path = "/")
    {
        using var answer = await Platform.Http.GetAsync(new Uri($"http://{host}:{Platform.Port}{path}"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<AppInfo> InfoAsync() => await ReadAsync("", ProtocolJson.Default.AppInfo);

    /// <summary>The newest releases, the newest first.</summary>
    public async Task<IReadOnlyList<ReleaseInfo>> ReleasesAsync() =>
        await ReadAsync("/releases", ProtocolJson.Default.ImmutableArrayReleaseInfo, "version ..; order=desc,max=1000");

    public async Task<IReadOnlyList<DynoInfo>> DynosAsync() => await ReadAsync("/dynos", ProtocolJson.Default.ImmutableArrayDynoInfo);

    public async Task<CanaryInfo> CanaryAsync() => await ReadAsync("/canary", ProtocolJson.Default.CanaryInfo);

    public async Task<IReadOnlyList<Container>> ContainersAsync() => await Platform.Engine.DynosAsync((await InfoAsync()).Number);

    /// <summary>Waits until nothing is left of other releases and everything wanted runs.</summary>
    /// <param name="dynos">Number of dynos that must be left.</param>
    public async Task SettleAsync(int dynos = 1)
    {
        var live = $"{(await InfoAsync()).Release}";
        await Eventually.HoldsAsync($"{Name} has {dynos} containers, all of v{live}", async () =>
        {
            var containers = await ContainersAsync();
            return containers.Count == dynos && containers.All(c => c.Release == live && c.State == "running");
        });
    }

    private async Task<T> ReadAsync<T>(string path, JsonTypeInfo<T> type, string? range = null)
    {
        using var answer = await Platform.ApiAsync(HttpMethod.Get, $"/apps/{Name}{path}", Platform.Token, range);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(type))!;
    }
}
