using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Config vars, releases and rollback.</summary>
public sealed class ConfigTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    [Fact]
    public async Task Setting_and_unsetting_a_config_var_makes_releases_without_a_build()
    {
        var app = await TestApp.DeployAsync(Platform, "php-hello", "config-php");
        var slug = (await app.ReleasesAsync())[0].SlugDigest;

        Assert.Contains("v2", await app.PaasAsync("config:set", "GREETING=Bonjour"), StringComparison.Ordinal);
        Assert.StartsWith("Bonjour from PHP", await app.GetAsync(), StringComparison.Ordinal);
        Assert.Equal("Bonjour", await app.PaasAsync("config:get", "GREETING"));

        await app.PaasAsync("config:unset", "GREETING");
        Assert.StartsWith("Hello from PHP", await app.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await app.TryPaasAsync("config:get", "GREETING")).ExitCode);
        var releases = await app.ReleasesAsync();
        Assert.Equal([3, 2, 1], releases.Select(r => r.Version));
        Assert.All(releases, release => Assert.Equal(slug, release.SlugDigest));
    }

    [Fact]
    public async Task Setting_the_value_it_has_already_makes_no_release()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "config-same");
        await app.PaasAsync("config:set", "COLOUR=red");

        Assert.Contains("nothing to restart", await app.PaasAsync("config:set", "COLOUR=red"), StringComparison.Ordinal);
        Assert.Equal(2, (await app.InfoAsync()).Release);
    }

    [Theory]
    [InlineData("it's \"quoted\" $HOME `id` \\ %s")]
    [InlineData("two\nlines\n\tand a tab")]
    [InlineData("größe = 5 ✓ a=b=c")]
    public async Task Awkward_values_arrive_as_they_were_set(string value)
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", $"awkward-{value.Length}");

        await app.PaasAsync("config:set", $"AWKWARD={value}");

        Assert.Equal(value, await app.GetAsync("/env/AWKWARD"));
        Assert.Equal(value, (await app.TryPaasAsync("config:get", "AWKWARD")).Output.TrimEnd('\n'));
    }

    [Fact]
    public async Task Config_vars_set_before_the_first_push_are_there_at_the_first_boot()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "config-first");
        await app.PaasAsync("config:set", "EARLY=bird");

        (await app.PushAsync()).Expect();

        Assert.Equal("bird", await app.GetAsync("/env/EARLY"));
    }

    [Fact]
    public async Task A_config_var_that_breaks_the_boot_is_not_kept()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "config-breaks");
        await app.CommitAsync("Procfile", "web: test -z \"$BROKEN\" && python3 server\n");
        (await app.PushAsync()).Expect();
        await using var load = await Load.StartAsync(app, clients: 2);

        var change = await app.TryPaasAsync("config:set", "BROKEN=yes");

        Assert.Equal(1, change.ExitCode);
        Assert.Contains("exited with status 1", change.Errors, StringComparison.Ordinal);
        await load.StopAsync();
        Assert.Equal("(not set)", await app.GetAsync("/env/BROKEN"));
        Assert.Equal(1, (await app.TryPaasAsync("config:get", "BROKEN")).ExitCode);
        Assert.Equal("failed", (await app.ReleasesAsync())[0].Status);
    }

    [Fact]
    public async Task Rollback_brings_back_code_and_config_as_a_new_release()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "rollback");
        await app.PaasAsync("config:set", "COLOUR=red");
        await app.CommitAsync("version", "2");
        (await app.PushAsync()).Expect();
        await app.PaasAsync("config:set", "COLOUR=blue");
        await using var load = await Load.StartAsync(app, clients: 2);

        Assert.Contains("v5", await app.PaasAsync("rollback", "v2"), StringComparison.Ordinal);

        Assert.Equal("version 1", await app.GetAsync());
        Assert.Equal("red", await app.GetAsync("/env/COLOUR"));
        Assert.Equal("red", await app.PaasAsync("config:get", "COLOUR"));

        await app.PaasAsync("rollback");

        Assert.Equal("version 2", await app.GetAsync());
        Assert.Equal("blue", await app.GetAsync("/env/COLOUR"));
        await load.StopAsync();
        var list = await app.PaasAsync("releases");
        Assert.Matches(@"v6\s+current\s+Rollback to v4", list);
        Assert.Matches(@"v5\s+succeeded\s+Rollback to v2", list);
    }

    [Fact]
    public async Task Rollback_to_a_release_that_is_not_there_says_so()
    {
        var app = await TestApp.DeployAsync(Platform, "versioned", "rollback-unknown");

        var rollback = await app.TryPaasAsync("rollback", "v99");

        Assert.Equal(1, rollback.ExitCode);
        Assert.Contains("There is no release v99", rollback.Errors, StringComparison.Ordinal);
        Assert.Equal("version 1", await app.GetAsync());
    }
}
