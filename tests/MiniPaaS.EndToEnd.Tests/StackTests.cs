using System.Text.Json;
using MiniPaaS.EndToEnd.Harness;
using MiniPaaS.Protocol;

namespace MiniPaaS.EndToEnd;

/// <summary>An instance with a stack of its own, which a test may patch.</summary>
public sealed class PatchablePlatform : IAsyncLifetime
{
    private readonly HashSet<string> images = [];

    internal Platform Platform { get; private set; } = null!;

    /// <summary>Name of the stack.</summary>
    internal string Stack { get; } = $"mpe2estack{Environment.ProcessId}";

    /// <summary>Folder of the instance's buildpacks.</summary>
    internal string Buildpacks { get; } = Path.Combine(Path.GetTempPath(), $"mpe2e-packs-{Environment.ProcessId}");

    public async Task InitializeAsync()
    {
        await RestoreAsync();
        (await Command.RunAsync("cp", ["-a", Path.Combine(Repository.Root, "buildpacks"), Buildpacks])).Expect();
        (await Command.RunAsync("cp", ["-a", Path.Combine(Buildpacks, "stacks", "bookworm"), Path.Combine(Buildpacks, "stacks", Stack)])).Expect();
        Platform = await Platform.StartAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>
        {
            ["MINIPAAS_BUILDPACKS"] = Buildpacks,
            ["MINIPAAS_STACKS"] = $"{Stack} bullseye",
            ["MINIPAAS_DEFAULT_STACK"] = Stack,
        }));
    }

    public async Task DisposeAsync()
    {
        await Platform.DisposeAsync();
        foreach (var kind in (string[])["run", "build"])
        {
            await Command.RunAsync("docker", ["rmi", $"minipaas/stack-{Stack}:{kind}"]);
        }

        foreach (var image in images.Reverse().ToArray())
        {
            await Command.RunAsync("docker", ["rmi", image]);
        }

        Directory.Delete(Buildpacks, recursive: true);
    }

    /// <summary>Makes the stack what bookworm is.</summary>
    internal async Task RestoreAsync()
    {
        foreach (var kind in (string[])["run", "build"])
        {
            (await Command.RunAsync("docker", ["tag", $"minipaas/stack-bookworm:{kind}", $"minipaas/stack-{Stack}:{kind}"])).Expect();
        }
    }

    /// <summary>Gives the stack's run image one more layer, made by a command.</summary>
    internal async Task PatchAsync(string command)
    {
        var container = $"{Platform.Namespace}-patch";
        (await Command.RunAsync(
            "docker", ["run", "--name", container, "--user", "0:0", "--network", "none", $"minipaas/stack-{Stack}:run", "sh", "-c", command])).Expect();
        try
        {
            (await Command.RunAsync(
                "docker", ["commit", "--change", "USER 21000:21000", "--change", """CMD ["/bin/bash"]""", container, $"minipaas/stack-{Stack}:run"])).Expect();
        }
        finally
        {
            await Command.RunAsync("docker", ["rm", "--force", container]);
        }

        await RememberAsync();
    }

    /// <summary>Has the present run image removed in the end, whether it still has a name then or not.</summary>
    internal async Task RememberAsync() => images.Add(
        (await Command.RunAsync("docker", ["image", "inspect", "--format", "{{.Id}}", $"minipaas/stack-{Stack}:run"])).Expect().Output.Trim());
}

/// <summary>Stacks: listed, chosen, retired, patched below apps that keep their layer.</summary>
public sealed class StackTests(PatchablePlatform patchable) : PlatformTest(patchable.Platform), IClassFixture<PatchablePlatform>
{
    [Fact]
    public async Task A_patched_stack_is_put_below_apps_without_a_build_and_a_release_that_fails_on_it_is_not_kept()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "rebased");
        var before = JsonSerializer.Deserialize(await app.PaasAsync("slugs:info", "--json"), ProtocolJson.Default.SlugInfo)!;
        Assert.Contains("nothing to do", await app.PaasAsync("stacks:rebase", "-a", app.Name), StringComparison.Ordinal);
        await patchable.PatchAsync("echo patched > /etc/patched");
        Assert.Equal($"rebased\t{patchable.Stack}", await app.PaasAsync("stacks:outdated"));
        await using var load = await Load.StartAsync(app, clients: 2);

        Assert.Contains("v2", await app.PaasAsync("stacks:rebase", "-a", app.Name), StringComparison.Ordinal);

        await load.StopAsync();
        var after = JsonSerializer.Deserialize(await app.PaasAsync("slugs:info", "--json"), ProtocolJson.Default.SlugInfo)!;
        Assert.Equal(before.Checksum, after.Checksum);
        Assert.NotEqual(before.StackImage, after.StackImage);
        await app.SettleAsync();
        var container = Assert.Single(await app.ContainersAsync()).Id;
        Assert.Equal("patched\n", await Platform.Engine.ExecAsync(container, "cat", "/etc/patched"));
        Assert.Equal("", await app.PaasAsync("stacks:outdated"));
        Assert.StartsWith($"Rebase onto {patchable.Stack}", (await app.ReleasesAsync())[0].Description, StringComparison.Ordinal);

        await patchable.PatchAsync("rm /usr/bin/python3");
        var broken = await app.TryPaasAsync("stacks:rebase");

        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("v3 of rebased did not go live", broken.Errors, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
        Assert.Equal(2, (await app.InfoAsync()).Release);
        await patchable.RestoreAsync();
    }

    [Fact]
    public async Task Stacks_are_listed_with_their_packages_and_an_app_is_moved_to_another_one()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "restacked");

        var stacks = JsonSerializer.Deserialize(await app.PaasAsync("stacks", "--json"), ProtocolJson.Default.ImmutableArrayStackInfo);
        Assert.Equal([(patchable.Stack, true), ("bullseye", false), ("container", false)], stacks.Select(stack => (stack.Name, stack.Default)));
        Assert.Contains("restacked", stacks[0].Apps);
        Assert.Matches("openssl\t1\\.1\\.1", await app.PaasAsync("stacks:packages", "bullseye"));
        await app.PaasAsync("stack:set", "bullseye");
        await app.CommitAsync("Nothing but another stack");
        Assert.Contains("-----> Building on the Bullseye stack", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        Assert.Contains("There is no stack \"sarge\" here", (await app.TryPaasAsync("stack:set", "sarge")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_of_a_stack_names_the_packages_that_have_changed()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "stack-updates");
        var program = Path.Combine(patchable.Buildpacks, "stacks", "build-stack");
        var whole = await File.ReadAllTextAsync(program);
        // Debian has no newer packages at will: what makes the images is told to make one of them newer.
        await File.WriteAllTextAsync(program, $$"""
            #!/bin/bash
            set -e
            [[ $2 = --update ]]
            echo "stack $1: patching"
            docker run --name {{Platform.Namespace}}-update --user 0:0 --network none minipaas/stack-$1:run \
              sed -i '/^Package: file$/,/^$/s/^Version: .*/Version: 99:1/' /var/lib/dpkg/status
            docker commit {{Platform.Namespace}}-update minipaas/stack-$1:run >/dev/null
            docker rm {{Platform.Namespace}}-update >/dev/null
            """);

        var update = await app.PaasAsync("stacks:update", patchable.Stack);

        Assert.Contains($"stack {patchable.Stack}: patching", update, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^~ file 1:\S+ -> 99:1$", update);
        Assert.Contains("changed packages: 1", update, StringComparison.Ordinal);
        await patchable.RememberAsync();
        await File.WriteAllTextAsync(program, "echo the archive is away >&2\nexit 1\n");
        var failed = await app.TryPaasAsync("stacks:update", patchable.Stack);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("the archive is away", failed.Output, StringComparison.Ordinal);
        Assert.Contains("was not updated", failed.Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(program, whole);
        await patchable.RestoreAsync();
    }

    [Fact]
    public async Task A_stack_that_is_retired_says_so_at_every_push_and_cannot_be_chosen_any_more()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "retiring");
        await app.PaasAsync("stack:set", "bullseye");
        var definition = Path.Combine(patchable.Buildpacks, "stacks", "bullseye", "stack.env");
        var text = await File.ReadAllTextAsync(definition);
        await File.WriteAllTextAsync(definition, text + "retired=2999-12-31\n");
        Assert.Contains("The stack bullseye will be retired on 2999-12-31.", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        await File.WriteAllTextAsync(definition, text + "retired=2020-01-01\n");
        await app.CommitAsync("Nothing");
        Assert.Contains("was retired on 2020-01-01", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);
        Assert.Contains("none can be moved to it", (await app.TryPaasAsync("stack:set", "bullseye")).Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(definition, text);
    }
}
