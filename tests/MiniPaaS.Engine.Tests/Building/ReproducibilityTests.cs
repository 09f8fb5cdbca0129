using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Engine.Tests.Building;

/// <summary>The platform's own buildpacks make the same bytes of the same app, whatever the time and whatever is in the cache.</summary>
[Collection("engine")]
public sealed class ReproducibilityTests : IAsyncLifetime
{
    private readonly BuildHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("php-hello")]
    [InlineData("yet-another-test-app")]
    [InlineData("dotnet-hello")]
    [InlineData("procfile-only")]
    [InlineData("web-worker-release")]
    public async Task An_example_has_the_same_layer_every_time(string example)
    {
        var first = await LayerAsync(example, cleanCache: true);
        Assert.Equal(first, await LayerAsync(example, cleanCache: false));
        Assert.Equal(first, await LayerAsync(example, cleanCache: false));
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task An_autoloader_of_classes_is_the_same_every_time()
    {
        var request = host.Request(
            ("composer.json", """{ "require": { "php": "^8.1" }, "autoload": { "psr-4": { "App\\": "src/" } } }"""),
            ("src/Greeting.php", "<?php namespace App; final class Greeting { }"),
            ("index.php", "<?php require 'vendor/autoload.php'; new App\\Greeting();"));
        var first = await LayerAsync(request with { CleanCache = true });
        Assert.Equal(first, await LayerAsync(request));
        Assert.Equal(first, await LayerAsync(request));
    }

    private Task<string> LayerAsync(string example, bool cleanCache) => LayerAsync(host.Request() with
    {
        CleanCache = cleanCache,
        WriteSource = async (directory, ct) =>
        {
            await using var source = HostProcess.Start(["tar", "--create", "--file=-", "."], BuildHost.Example(example), environment: null);
            await using var target = DynoUser.Start(directory, "tar", "--extract", "--no-same-owner", "--file=-");
            source.Input.Close();
            await source.PipeToAsync(target, ct);
            await target.EnsureSuccessAsync(ct);
        },
    });

    private async Task<string> LayerAsync(BuildRequest request)
    {
        host.Lines.Clear();
        await using var log = BuildLog.Open(host.Settings, request.BuildId, SecretMask.None, line =>
        {
            host.Lines.Add(line);
            return ValueTask.CompletedTask;
        });
        var (layer, rejection) = await host.Builder.RebuildAsync(
            request, log, (parts, _) => Task.FromResult(parts.Layer.DiffId), CancellationToken.None);
        Assert.True(rejection is null, host.Text);
        return layer!;
    }
}
