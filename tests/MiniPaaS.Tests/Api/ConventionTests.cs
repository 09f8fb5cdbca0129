using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MiniPaaS.Tests.Api;

public sealed class ConventionTests : IAsyncLifetime
{
    private ApiHost host = null!;

    public async Task InitializeAsync() => host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task An_app_is_found_by_name_and_by_uuid()
    {
        await host.AppAsync("myapp");
        var byName = await host.GetAsync("/apps/myapp");
        var id = byName.GetProperty("id").GetString()!;

        Assert.Equal(byName.GetRawText(), (await host.GetAsync($"/apps/{id}")).GetRawText());
        Assert.Equal(id, (await host.GetAsync($"/apps/{id.ToUpperInvariant()}/domains"))[0].GetProperty("app").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("/apps/nothing", "app")]
    [InlineData("/apps/01234567-89ab-8def-8123-456789abcdef/releases", "app")]
    [InlineData("/apps/myapp/releases/v7", "release")]
    [InlineData("/apps/myapp/domains/www.example.org", "domain")]
    [InlineData("/apps/myapp/dynos/web.1", "dyno")]
    [InlineData("/apps/myapp/addons/pg", "add_on")]
    public async Task What_is_not_there_is_named_by_its_kind(string path, string resource)
    {
        await host.AppAsync("myapp");
        var error = await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, path), 404, "not_found");
        Assert.Equal(resource, error.GetProperty("resource").GetString());
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_verb_are_told_in_JSON()
    {
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/nothing/here"), 404, "not_found");
        var answer = await host.SendAsync(HttpMethod.Put, "/apps");
        await ApiHost.ErrorAsync(answer, 405, "method_not_allowed");
        Assert.Equal(["GET", "POST"], answer.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("{\"name\":")]
    [InlineData("[]")]
    [InlineData("{\"name\":{}}")]
    [InlineData("nonsense")]
    public async Task A_broken_body_is_a_bad_request(string body) =>
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps", body), 400, "bad_request");

    [Fact]
    public async Task A_body_that_is_no_JSON_is_refused_by_its_kind()
    {
        using var content = new StringContent("name=myapp", Encoding.UTF8, "application/x-www-form-urlencoded");
        await ApiHost.ErrorAsync(await host.Http.PostAsync(new Uri("/apps", UriKind.Relative), content), 415, "unsupported_media_type");
    }

    [Fact]
    public async Task A_body_is_not_needed_where_nothing_in_it_is()
    {
        var app = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/apps"), 201);
        Assert.Matches("^[a-z]+-[a-z]+-[0-9]{4}$", app.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("application/vnd.heroku+json; version=3")]
    [InlineData("application/vnd.heroku+json; version=3.sdk")]
    [InlineData("application/vnd.heroku+json;version=\"3\"")]
    [InlineData("application/vnd.heroku+json")]
    [InlineData("application/json")]
    [InlineData("*/*")]
    [InlineData("text/html, application/vnd.heroku+json; version=2, */*")]
    public async Task Version_3_is_spoken_in_whatever_variant(string accept) =>
        await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Get, "/apps", null, ("Accept", accept)), 200);

    [Theory]
    [InlineData("application/vnd.heroku+json; version=2")]
    [InlineData("application/vnd.heroku+json; version=edge")]
    public async Task Another_version_is_not(string accept) =>
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/apps", null, ("Accept", accept)), 406, "not_acceptable");

    [Fact]
    public async Task Every_answer_has_a_request_id_the_clients_own_where_it_sent_one()
    {
        var own = await host.SendAsync(HttpMethod.Get, "/apps");
        var given = await host.SendAsync(HttpMethod.Get, "/nothing", null, ("Request-Id", "abc-123"));
        var many = await host.SendAsync(HttpMethod.Get, "/apps", null, ("Request-Id", $"{Guid.NewGuid()},{Guid.NewGuid()}"));

        Assert.True(Guid.TryParse(own.Headers.GetValues("Request-Id").Single(), out _));
        Assert.Equal("abc-123", given.Headers.GetValues("Request-Id").Single());
        Assert.DoesNotContain(",", many.Headers.GetValues("Request-Id").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        await host.AppAsync("myapp");
        var first = await host.SendAsync(HttpMethod.Get, "/apps/myapp");
        var tag = first.Headers.ETag!.Tag;
        var same = await host.SendAsync(HttpMethod.Get, "/apps/myapp", null, ("If-None-Match", tag));
        await host.ReleaseAsync((await host.Database.WriteAsync(db => Daemon.Store.AppTable.Find(db, "myapp"), default))!);
        var changed = await host.SendAsync(HttpMethod.Get, "/apps/myapp", null, ("If-None-Match", tag));

        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Equal("", await same.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag!.Tag);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Basic OndyaW5n")]
    [InlineData("Nonsense")]
    public async Task Who_shows_no_token_gets_nothing(string? authorization)
    {
        using var nobody = host.NewClient();
        foreach (var path in (string[])["/apps", "/apps/myapp/config-vars", "/regions", "/nothing", "/addons"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            await ApiHost.ErrorAsync(await nobody.SendAsync(request), 401, "unauthorized");
        }
    }

    [Fact]
    public async Task A_token_also_comes_as_the_password_of_Basic()
    {
        using var git = host.NewClient();
        var token = host.Http.DefaultRequestHeaders.Authorization!.Parameter;
        git.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")));
        Assert.Equal(HttpStatusCode.OK, (await git.GetAsync(new Uri("/apps", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task A_list_comes_in_parts_that_together_are_all_of_it()
    {
        for (var number = 0; number < 25; number++)
        {
            await host.AppAsync($"app-{number:00}");
        }

        foreach (var (field, order) in (IEnumerable<(string, string)>)[("name", "asc"), ("name", "desc"), ("id", "asc"), ("id", "desc")])
        {
            Assert.Equal(Enumerable.Range(0, 25).Select(n => $"app-{(order == "asc" ? n : 24 - n):00}"), await AllAsync($"{field} ..; order={order},max=10"));
        }

        var whole = await host.SendAsync(HttpMethod.Get, "/apps");
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.False(whole.Headers.Contains("Next-Range"));
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/apps", null, ("Range", "bytes=0-")), 416, "requested_range_not_satisfiable");
    }

    private async Task<List<string>> AllAsync(string? range)
    {
        var names = new List<string>();
        while (range is not null)
        {
            var answer = await host.SendAsync(HttpMethod.Get, "/apps", null, ("Range", range));
            range = answer.Headers.TryGetValues("Next-Range", out var next) ? next.Single() : null;
            var part = await ApiHost.JsonAsync(answer, range is null ? 200 : 206);
            names.AddRange(part.EnumerateArray().Select(app => app.GetProperty("name").GetString()!));
        }

        return names;
    }
}
