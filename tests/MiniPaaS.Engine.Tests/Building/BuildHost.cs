using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Docker;
using Microsoft.Extensions.Logging.Abstractions;

namespace MiniPaaS.Engine.Tests.Building;

/// <summary>An instance of its own that builds on the machine's Docker Engine with the stacks installed on it.</summary>
public sealed class BuildHost : IAsyncLifetime
{
    private long builds;
    private Builders? builders;

    internal string Root { get; } = Directory.CreateTempSubdirectory("minipaas-build-").FullName;

    internal Settings Settings { get; private set; } = null!;

    internal DockerClient Docker { get; private set; } = null!;

    internal BuildLimits Limits { get; set; } = new() { Time = TimeSpan.FromMinutes(3) };

    /// <summary>Everything that the last build told the user.</summary>
    internal List<string> Lines { get; } = [];

    internal string Text => string.Join('\n', Lines);

    internal SlugBuilder Builder => new(Settings, Docker, Builders, Limits, TimeProvider.System);

    /// <summary>Those that wait for the next build; none where a test has not asked for them.</summary>
    internal Builders Builders => builders ??= new Builders(Settings, Docker, Limits, TimeProvider.System, NullLogger<Builders>.Instance);

    public Task InitializeAsync()
    {
        File.SetUnixFileMode(Root, (UnixFileMode)0b111_001_001);
        Settings = Settings.FromEnvironment() with
        {
            StateDir = Path.Combine(Root, "state"),
            RunDir = Root,
            Namespace = "mpbuild" + Guid.NewGuid().ToString("N")[..8],
            BuildpacksDir = Path.Combine(Repository(), "buildpacks"),
            Stacks = ["bookworm", "bullseye"],
            WarmBuilders = 0,
        };
        Docker = new DockerClient(Settings.DockerSocket);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Builders.SettledAsync();
        await Builders.DropAllAsync();
        foreach (var image in await Docker.ListImagesAsync([$"minipaas.namespace={Settings.Namespace}"], CancellationToken.None))
        {
            foreach (var tag in image.RepoTags)
            {
                await Docker.RemoveImageAsync(tag, CancellationToken.None);
            }
        }

        Docker.Dispose();
        await BuildDirectories.RemoveAsync(Root, CancellationToken.None);
    }

    /// <summary>Replaces the buildpacks by one, <c>script</c>, that runs the app's own <c>compile.sh</c>.</summary>
    internal void UseScriptPack() => AddPack(
        "script",
        ("bin/detect", "[[ -f $1/compile.sh ]] || { echo no compile.sh >&2; exit 1; }\necho Script\n"),
        ("bin/compile", "export BUILD_DIR=$1 CACHE_DIR=$2 ENV_DIR=$3\n. $1/compile.sh\n"),
        ("bin/release", "if [[ -f $1/release.yml ]]; then cat $1/release.yml; fi\n"));

    /// <summary>Adds a buildpack of bash programs to those of the test; the first one replaces the platform's own.</summary>
    internal void AddPack(string name, params (string Path, string Script)[] programs)
    {
        var packs = Path.Combine(Root, "packs");
        Directory.CreateDirectory(Path.Combine(packs, name, "bin"));
        File.AppendAllText(Path.Combine(packs, "order"), name + "\n");
        foreach (var (path, script) in programs)
        {
            // Without the right to run them: that is the platform's to give.
            File.WriteAllText(Path.Combine(packs, name, path), $"#!/bin/bash\n{script}");
        }

        Settings = Settings with { BuildpacksDir = packs };
    }

    internal void KeepBuilders(int number) => Settings = Settings with { WarmBuilders = number };

    internal void AllowPacks(MiniPaaS.Daemon.Building.Fetching.PackSettings packs) => Settings = Settings with { Packs = packs };

    internal void InstallStack(string stack) => Settings = Settings with { Stacks = [.. Settings.Stacks, stack] };

    internal BuildRequest Request(params (string Path, string Content)[] files) => new()
    {
        BuildId = ++builds,
        AppId = 42,
        AppName = AppName.TryParse("sample", out var name, out _) ? name : null!,
        Commit = new string('a', 40),
        CommittedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        ConfigVars = ConfigVars.From([new("GREETING", "hello"), new("SECRET", "s3cret")]),
        LeaseNetwork = _ => ValueTask.FromResult(new BuildNetwork("none", () => ValueTask.CompletedTask)),
        WriteSource = async (directory, ct) =>
        {
            foreach (var (path, content) in files)
            {
                await using var tee = DynoUser.Start(
                    directory, "sh", "-c", "umask 022; mkdir -p \"$(dirname \"$1\")\" && cat > \"$1\"", "sh", path);
                await using (var input = new StreamWriter(tee.Input))
                {
                    await input.WriteAsync(content);
                }

                await tee.EnsureSuccessAsync(ct);
            }
        },
    };

    /// <summary>Builds with a compile script and a Procfile.</summary>
    internal Task<BuildOutcome> ScriptAsync(string compile, params (string Path, string Content)[] files) =>
        BuildAsync(Request([("compile.sh", compile), ("Procfile", "web: ./serve\n"), .. files]), CancellationToken.None);

    internal async Task<BuildOutcome> BuildAsync(BuildRequest request, CancellationToken ct)
    {
        Lines.Clear();
        await using var log = BuildLog.Open(Settings, request.BuildId, SecretMask.Of(request.ConfigVars), line =>
        {
            Lines.AddRange(line.Split('\n'));
            return ValueTask.CompletedTask;
        });
        return await Builder.BuildAsync(request, log, ct);
    }

    internal Slug Succeeded(BuildOutcome outcome) =>
        Assert.IsType<BuildOutcome.Succeeded>(outcome is BuildOutcome.Rejected ? throw new InvalidOperationException(Text) : outcome).Slug;

    internal string Rejected(BuildOutcome outcome) =>
        outcome is BuildOutcome.Rejected rejected ? rejected.Reason : throw new InvalidOperationException($"It succeeded:\n{Text}");

    /// <summary>Fails when a build left a container, a directory or a provisional image name.</summary>
    internal async Task NothingIsLeftAsync()
    {
        await Builders.SettledAsync();
        Assert.Empty(await Docker.ListContainersAsync(BuildSpec.Labels(Settings), CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Settings.Builds));
        var images = await Docker.ListImagesAsync(SlugImage.Labels(Settings), CancellationToken.None);
        Assert.DoesNotContain(images.SelectMany(i => i.RepoTags), SlugImage.IsProvisional);
    }

    /// <summary>Runs a command in the slug as a dyno would and returns what it prints.</summary>
    internal async Task<string> RunAsync(Slug slug, params string[] command)
    {
        var id = await Docker.CreateContainerAsync(
            $"{Settings.Namespace}-run",
            new ContainerSpec { Image = slug.Image, Command = [.. command], NetworkMode = "none", LogDriver = "none" },
            CancellationToken.None);
        try
        {
            await using var output = await Docker.AttachAsync(id, CancellationToken.None);
            await Docker.StartContainerAsync(id, CancellationToken.None);
            var text = new MemoryStream();
            await foreach (var frame in output.ReadFramesAsync(CancellationToken.None))
            {
                await text.WriteAsync(frame.Data);
            }

            return System.Text.Encoding.UTF8.GetString(text.ToArray());
        }
        finally
        {
            await Docker.RemoveContainerAsync(id, CancellationToken.None);
        }
    }

    /// <summary>Folder of an example application.</summary>
    internal static string Example(string name) => Path.Combine(Repository(), "examples", name);

    private static string Repository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "MiniPaaS.sln")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }
}
