namespace MiniPaaS.EndToEnd.Harness;

/// <summary>A container as <c>docker ps</c> shows it.</summary>
internal sealed record Container(string Id, string Name, string State, string Kind, string App, string Release, string Process, string Address);

/// <summary>Looks at what one instance has made in Docker, through Docker's own program.</summary>
internal sealed class Engine(string @namespace)
{
    private const string Form =
        "{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label \"minipaas.kind\"}}\t{{.Label \"minipaas.app\"}}\t{{.Label \"minipaas.release\"}}"
        + "\t{{.Label \"minipaas.process\"}}\t{{.Label \"minipaas.address\"}}";

    private string[] Mine => ["--filter", $"label=minipaas.namespace={@namespace}"];

    public async Task<IReadOnlyList<Container>> ContainersAsync() =>
        [.. (await LinesAsync(["ps", "--all", "--no-trunc", .. Mine, "--format", Form]))
            .Select(line => line.Split('\t'))
            .Select(c => new Container(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]))];

    /// <summary>Dynos of an app, whatever their state.</summary>
    public async Task<IReadOnlyList<Container>> DynosAsync(long app) =>
        [.. (await ContainersAsync()).Where(c => c.Kind == "dyno" && c.App == $"{app}")];

    /// <summary>Ids of all slug images of the instance.</summary>
    public async Task<IReadOnlyList<string>> ImagesAsync() =>
        [.. (await LinesAsync(["images", "--quiet", "--no-trunc", .. Mine])).Distinct(StringComparer.Ordinal)];

    /// <summary>Tags of an app's images.</summary>
    public Task<IReadOnlyList<string>> TagsAsync(string app) => LinesAsync(["images", $"{@namespace}/{app}", "--format", "{{.Tag}}"]);

    public async Task KillAsync(string container) => (await Command.RunAsync("docker", ["kill", container])).Expect();

    public async Task<string> ExecAsync(string container, params string[] command) =>
        (await Command.RunAsync("docker", ["exec", container, .. command])).Expect().Output;

    /// <summary>Takes away the sandboxes that wait for a user, once the pool is full.</summary>
    public async Task RemoveSparesAsync(int pool)
    {
        var spares = await Eventually.GetAsync("a full pool of spare sandboxes", SparesAsync, found => found.Count == pool);
        await RemoveAsync(["rm", "--force"], [.. spares.Select(s => s.Id)]);
    }

    private async Task<IReadOnlyList<Container>> SparesAsync()
    {
        var all = await ContainersAsync();
        var taken = all.Where(c => c.Kind != "sandbox").Select(c => c.Address).ToHashSet();
        return [.. all.Where(c => c.Kind == "sandbox" && c.State == "running" && !taken.Contains(c.Address))];
    }

    /// <summary>Takes away everything that carries the instance's label.</summary>
    public Task RemoveEverythingAsync()
    {
        var rounds = 0;
        return Eventually.HoldsAsync("nothing of the instance is left in Docker", async () =>
        {
            // The engine finishes what a daemon that ended meanwhile had asked for: what appears late goes in the next round.
            await TryRemoveEverythingAsync();
            rounds++;
            return (await LinesAsync(["ps", "--all", "--quiet", .. Mine])).Count == 0
                && (await ImagesAsync()).Count == 0
                && ((await LinesAsync(["network", "ls", "--quiet", .. Mine])).Count == 0 || (rounds > 20 && await IsHauntedAsync()));
        });
    }

    // Engine 20.10 at times keeps an endpoint of a container that it removed while it started it: such a network, which no container
    // is in, goes only with the engine's next start. It is in nobody's way.
    private async Task<bool> IsHauntedAsync()
    {
        var networks = await LinesAsync(["network", "ls", "--quiet", .. Mine]);
        var members = await LinesAsync(["network", "inspect", "--format", "{{len .Containers}}", .. networks]);
        return members.All(count => count == "0");
    }

    /// <summary>One round of that, whatever stays.</summary>
    public async Task TryRemoveEverythingAsync()
    {
        await TryRemoveAsync(["rm", "--force", "--volumes"], await LinesAsync(["ps", "--all", "--quiet", .. Mine]));
        await TryRemoveAsync(["rmi", "--force"], await ImagesAsync());
        await TryRemoveAsync(["network", "rm"], await LinesAsync(["network", "ls", "--quiet", .. Mine]));
    }

    /// <summary>Namespaces of instances that left containers, images or networks, as far as they begin so.</summary>
    public static async Task<IReadOnlySet<string>> NamespacesAsync(string prefix)
    {
        const string label = "{{.Label \"minipaas.namespace\"}}";
        string[] filter = ["--filter", "label=minipaas.namespace"];
        var containers = await LinesAsync(["ps", "--all", .. filter, "--format", label]);
        var networks = await LinesAsync(["network", "ls", .. filter, "--format", label]);
        var images = (await LinesAsync(["images", .. filter, "--format", "{{.Repository}}"])).Select(name => name.Split('/')[0]);
        return containers.Concat(networks).Concat(images).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).ToHashSet();
    }

    private static async Task RemoveAsync(string[] command, IReadOnlyList<string> ids) => (await TryRemoveAsync(command, ids))?.Expect();

    private static async Task<CommandResult?> TryRemoveAsync(string[] command, IReadOnlyList<string> ids) =>
        ids.Count > 0 ? await Command.RunAsync("docker", [.. command, .. ids]) : null;

    private static async Task<IReadOnlyList<string>> LinesAsync(string[] arguments) =>
        (await Command.RunAsync("docker", arguments)).Expect().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
