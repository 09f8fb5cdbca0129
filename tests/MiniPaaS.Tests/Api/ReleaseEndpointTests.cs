using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Api;

public sealed class ReleaseEndpointTests : IAsyncLifetime
{
    private ApiHost host = null!;
    private App app = null!;

    public async Task InitializeAsync()
    {
        host = await ApiHost.StartAsync();
        app = await host.AppAsync("myapp");
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task The_newest_one_is_what_clients_ask_for_first()
    {
        await host.ReleaseAsync(app, 30);

        var answer = await host.SendAsync(HttpMethod.Get, "/apps/myapp/releases", null, ("Range", "version ..; order=desc,max=1"));
        var newest = Assert.Single((await ApiHost.JsonAsync(answer, 206)).EnumerateArray());

        Assert.Equal(30, newest.GetProperty("version").GetInt32());
        Assert.True(newest.GetProperty("current").GetBoolean());
        Assert.Equal("succeeded", newest.GetProperty("status").GetString());
        Assert.Equal("ada@localhost", newest.GetProperty("user").GetProperty("email").GetString());
        Assert.Matches("^1970-01-01T00:00:00Z$", newest.GetProperty("updated_at").GetString());
        Assert.Equal(JsonValueKind.Null, newest.GetProperty("output_stream_url").ValueKind);
        Assert.Equal("version ]30..; order=desc,max=1", answer.Headers.GetValues("Next-Range").Single());
    }

    [Theory]
    [InlineData("version ..; max=7", false)]
    [InlineData("version ..; order=desc,max=7", true)]
    [InlineData("id ..; order=desc,max=7", true)]
    public async Task All_of_them_come_in_parts(string? range, bool descending)
    {
        await host.ReleaseAsync(app, 20);
        var versions = new List<int>();
        while (range is not null)
        {
            var answer = await host.SendAsync(HttpMethod.Get, "/apps/myapp/releases", null, ("Range", range));
            range = answer.Headers.TryGetValues("Next-Range", out var next) ? next.Single() : null;
            versions.AddRange((await ApiHost.JsonAsync(answer, range is null ? 200 : 206)).EnumerateArray().Select(r => r.GetProperty("version").GetInt32()));
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(n => descending ? 21 - n : n), versions);
    }

    [Fact]
    public async Task One_is_found_by_number_by_version_and_by_uuid_of_its_own_app_only()
    {
        await host.ReleaseAsync(app, 2);
        await host.ReleaseAsync(await host.AppAsync("other"), 2);
        var release = await host.GetAsync("/apps/myapp/releases/2");
        var id = release.GetProperty("id").GetString();

        Assert.Equal(release.GetRawText(), (await host.GetAsync("/apps/myapp/releases/v2")).GetRawText());
        Assert.Equal(release.GetRawText(), (await host.GetAsync($"/apps/myapp/releases/{id}")).GetRawText());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, $"/apps/other/releases/{id}"), 404, "not_found");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/apps/myapp/releases/v3"), 404, "not_found");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/apps/myapp/releases/99999999999999999999"), 404, "not_found");
    }

    [Fact]
    public async Task Config_vars_are_a_flat_object_and_null_removes_one()
    {
        var set = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/config-vars", """{"A":"1","B":"two"}""");
        Assert.Equal("""{"A":"1","B":"two"}""", (await ApiHost.JsonAsync(set, 200)).GetRawText());
        Assert.Equal("1", set.Headers.GetValues("MiniPaaS-Release").Single());

        var unset = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/config-vars", """{"A":null}""");
        Assert.Equal("""{"B":"two"}""", (await ApiHost.JsonAsync(unset, 200)).GetRawText());
        Assert.Equal("""{"B":"two"}""", (await host.GetAsync("/apps/myapp/config-vars")).GetRawText());
        Assert.Equal("""{"A":"1","B":"two"}""", (await host.GetAsync("/apps/myapp/releases/1/config-vars")).GetRawText());

        var same = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/config-vars", """{"B":"two"}""");
        Assert.False(same.Headers.Contains("MiniPaaS-Release"));
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp/config-vars", """{"1A":"x"}"""), 422, "invalid_params");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp/config-vars", """{"A":[]}"""), 400, "bad_request");
    }

    [Theory]
    [InlineData("2")]
    [InlineData("\"2\"")]
    [InlineData("\"v2\"")]
    [InlineData(null)]
    public async Task A_rollback_names_the_release_by_number_version_or_uuid(string? release)
    {
        await host.ReleaseAsync(app, 3);
        release ??= $"\"{(await host.GetAsync("/apps/myapp/releases/2")).GetProperty("id").GetString()}\"";

        var made = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/releases", $$"""{"release":{{release}}}"""), 201);

        Assert.Equal((4, "Rollback to v2"), (made.GetProperty("version").GetInt32(), made.GetProperty("description").GetString()));
    }

    [Fact]
    public async Task A_slug_is_released_once_more()
    {
        await host.ReleaseAsync(app);
        var slug = (await host.GetAsync("/apps/myapp/releases/1")).GetProperty("slug").GetProperty("id").GetString();

        var made = await ApiHost.JsonAsync(
            await host.SendAsync(HttpMethod.Post, "/apps/myapp/releases", $$"""{"slug":"{{slug}}","description":"again"}"""), 201);

        Assert.Equal("again", made.GetProperty("description").GetString());
        Assert.Equal(slug, made.GetProperty("slug").GetProperty("id").GetString());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/releases", """{"slug":"sha256:00"}"""), 422, "invalid_params");
    }

    [Fact]
    public async Task A_rollback_to_nothing_is_refused_with_the_reason() =>
        Assert.Contains(
            "push it first",
            (await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/releases", "{}"), 422, "invalid_params"))
                .GetProperty("message").GetString(),
            StringComparison.Ordinal);
}
