using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Attesting;

/// <summary>What is found in whole trees, those that were made to do harm among them.</summary>
public sealed class InventoryTests : IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("minipaas-inventory-").FullName;

    private string Tree => Path.Combine(root, "tree");

    public InventoryTests()
    {
        Directory.CreateDirectory(Tree);
        Write("../secret.lock", """{ "packages": [{ "name": "secret/package", "version": "1" }] }""");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // Its names may be such as .NET cannot delete.
    public Task DisposeAsync() => BuildDirectories.RemoveAsync(root, CancellationToken.None);

    [Fact]
    public async Task Packages_of_all_ecosystems_are_found_wherever_they_lie_and_sorted()
    {
        Write("vendor/composer/installed.json", """{ "packages": [{ "name": "a/b", "version": "1.0" }] }""");
        Write("web/node_modules/@s/p/package.json", """{ "name": "@s/p", "version": "2.0.0" }""");
        Write("web/node_modules/@s/p/lib/package.json", """{ "type": "module", "name": "inner", "version": "0" }""");
        Write("bin/publish/app.deps.json", """{ "libraries": { "Dapper/2.1.66": { "type": "package" } } }""");
        Write(".venv/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA", "Name: flask\nVersion: 3.0.0\n\n");
        Write("vendor/bundle/ruby/3.1.0/specifications/rack-2.2.6.gemspec", "");
        Write("vendor/modules.txt", "# golang.org/x/net v0.1.0\n");
        Write(".git/composer.lock", """{ "packages": [{ "name": "of/git", "version": "1" }] }""");

        var inventory = await ReadAsync();

        Assert.Equal(
            [
                "pkg:composer/a/b@1.0", "pkg:gem/rack@2.2.6", "pkg:golang/golang.org/x/net@v0.1.0", "pkg:npm/%40s/p@2.0.0",
                "pkg:nuget/Dapper@2.1.66", "pkg:pypi/flask@3.0.0",
            ],
            inventory.Components.Select(c => c.Package.ToString()));
        Assert.Equal("web/node_modules/@s/p/package.json", inventory.Components[3].FoundIn);
        Assert.Empty(inventory.Skipped);
    }

    [Fact]
    public async Task What_is_installed_counts_and_its_lock_file_completes_it()
    {
        Write("node_modules/a/package.json", """{ "name": "a", "version": "1.0.0", "license": "MIT" }""");
        Write(
            "package-lock.json",
            $$"""
            { "lockfileVersion": 3, "packages": { "node_modules/a": { "version": "1.0.0", "integrity": "sha256-{{Convert.ToBase64String(new byte[32])}}" },
              "node_modules/not-installed": { "version": "1.0.0" } } }
            """);
        Write("node_modules/a/package-lock.json", """{ "lockfileVersion": 3, "packages": { "node_modules/foreign": { "version": "1.0.0" } } }""");

        var component = Assert.Single((await ReadAsync()).Components);

        Assert.Equal("pkg:npm/a@1.0.0", component.Package.ToString());
        Assert.Equal(new PackageHash("SHA-256", new string('0', 64)), component.Hash);
        Assert.Equal(["MIT"], component.Licences.AsEnumerable());
    }

    [Fact]
    public async Task A_lock_file_alone_is_believed()
    {
        Write("package-lock.json", """{ "lockfileVersion": 3, "packages": { "node_modules/a": { "version": "1.0.0" } } }""");
        Write("api/go.sum", "example.org/m v1.0.0 h1:x\n");
        Assert.Equal(["pkg:golang/example.org/m@v1.0.0", "pkg:npm/a@1.0.0"], (await ReadAsync()).Components.Select(c => c.Package.ToString()));
    }

    [Fact]
    public async Task What_npm_left_about_its_installation_replaces_a_thousand_files()
    {
        Write("node_modules/.package-lock.json", """{ "lockfileVersion": 3, "packages": { "node_modules/a": { "version": "1.0.0", "dev": true } } }""");
        Write("node_modules/b/package.json", """{ "name": "b", "version": "1.0.0" }""");
        Assert.Equal(["pkg:npm/a@1.0.0"], (await ReadAsync()).Components.Select(c => c.Package.ToString()));
    }

    [Theory]
    [InlineData("package-lock.json", "{ \"packages\": ")]
    [InlineData("package-lock.json", "{ \"packages\": { \"node_modules/a\": { \"version\": \"\\ud800\" } } }")]
    [InlineData("app.deps.json", "[[[[")]
    [InlineData("vendor/composer/installed.json", "")]
    public async Task A_malformed_file_is_noted_and_the_others_count(string file, string content)
    {
        Write(file, content);
        Write("composer.lock", """{ "packages": [{ "name": "a/b", "version": "1.0" }] }""");

        var inventory = await ReadAsync();

        Assert.Contains("pkg:composer/a/b@1.0", inventory.Components.Select(c => c.Package.ToString()));
        Assert.Equal($"{file}: not of its format", Assert.Single(inventory.Skipped));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{ \"packages\": { \"node_modules/a\": 7, \"node_modules/b\": { \"version\": 7 } } }")]
    [InlineData("{ \"packages\": { \"node_modules/a\\u0000b\": { \"version\": \"1\" } } }")]
    public async Task Well_formed_nonsense_names_nothing(string content)
    {
        Write("package-lock.json", content);
        Assert.Empty((await ReadAsync()).Components);
    }

    [Fact]
    public async Task No_link_is_followed_and_nothing_but_plain_files_is_opened()
    {
        File.CreateSymbolicLink(Path.Combine(Tree, "composer.lock"), Path.Combine(root, "secret.lock"));
        Directory.CreateSymbolicLink(Path.Combine(Tree, "loop"), ".");
        Directory.CreateSymbolicLink(Path.Combine(Tree, "outside"), root);
        Write("../composer.lock", """{ "packages": [{ "name": "of/parent", "version": "1" }] }""");
        await HostProcess.RunAsync(["mkfifo", "package-lock.json"], Tree, environment: null, CancellationToken.None);
        Directory.CreateDirectory(Path.Combine(Tree, "go.sum"));

        var inventory = await ReadAsync();

        Assert.Empty(inventory.Components);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_noted()
    {
        Write("package-lock.json", new string(' ', (16 << 20) + 1));
        Assert.Equal("package-lock.json: package-lock.json is larger than 16384 KB", Assert.Single((await ReadAsync()).Skipped));
    }

    [Fact]
    public async Task Names_that_are_not_UTF_8_are_noted()
    {
        await HostProcess.RunAsync(["sh", "-c", "mkdir \"$(printf 'd\\377')\" && touch \"$(printf 'd\\377')/go.sum\""], Tree, environment: null, CancellationToken.None);
        Assert.Equal("1 files whose names are not UTF-8", Assert.Single((await ReadAsync()).Skipped));
    }

    [Fact]
    public async Task Deep_trees_end_somewhere()
    {
        var path = string.Concat(Enumerable.Repeat("d/", 200));
        Write($"{path}composer.lock", """{ "packages": [{ "name": "too/deep", "version": "1" }] }""");
        Assert.Empty((await ReadAsync()).Components);
    }

    [Fact]
    public async Task Programs_that_are_none_of_Go_are_nothing()
    {
        Write("bin/tool", "\u007fELF\u0002\u0001" + new string('x', 400_000));
        Write("bin/script", "#!/bin/sh\n" + new string('#', 400_000));
        foreach (var program in (string[])["bin/tool", "bin/script"])
        {
            File.SetUnixFileMode(Path.Combine(Tree, program), (UnixFileMode)0b111_101_101);
        }

        var inventory = await ReadAsync();
        Assert.Empty(inventory.Components);
        Assert.Empty(inventory.Skipped);
    }

    // The tree of a build belongs to the dyno user, in a directory that only root and he reach.
    private async Task<Inventory> ReadAsync()
    {
        await HostProcess.RunAsync(["chown", "-RhP", $"{DynoUser.Id}:{DynoUser.Id}", "."], Tree, environment: null, CancellationToken.None);
        return await Inventory.ReadAsync(Tree, CancellationToken.None);
    }

    private void Write(string file, string content)
    {
        var path = Path.Combine(Tree, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
