namespace MiniPaaS.EndToEnd.Harness;

/// <summary>
/// One instance for all test classes that do not break it, running while any of them does: their apps live side by side, as
/// apps do.
/// </summary>
public sealed class SharedPlatform : IAsyncLifetime
{
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static Platform? shared;
    private static int users;

    internal Platform Platform { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Gate.WaitAsync();
        try
        {
            Platform = shared ??= await Platform.StartAsync();
            users++;
        }
        finally
        {
            Gate.Release();
        }
    }

    public async Task DisposeAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (--users == 0)
            {
                await shared!.DisposeAsync();
                shared = null;
            }
        }
        finally
        {
            Gate.Release();
        }
    }
}

/// <summary>An instance for one test class, which may break it.</summary>
public sealed class OwnPlatform : IAsyncLifetime
{
    internal Platform Platform { get; private set; } = null!;

    public async Task InitializeAsync() => Platform = await Platform.StartAsync();

    public async Task DisposeAsync() => await Platform.DisposeAsync();
}


/// <summary>A test on a platform; fails when the platform reports trouble of its own, whatever the test saw.</summary>
public abstract class PlatformTest : IAsyncLifetime
{
    private protected PlatformTest(Platform platform) => Platform = platform;

    private protected Platform Platform { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Platform.AssertNoTrouble();
        return Task.CompletedTask;
    }
}
