using System.Text.Json;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Api;

public sealed class ResourceTests : IAsyncLifetime
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
    public async Task An_app_has_every_member_that_clients_read()
    {
        var found = await host.GetAsync("/apps/myapp");
        foreach (var member in (string[])
        [
            "acm", "archived_at", "buildpack_provided_description", "build_stack", "created_at", "generation", "git_url", "id", "internal_routing",
            "maintenance", "name", "owner", "organization", "team", "region", "released_at", "repo_size", "slug_size", "space", "stack", "updated_at", "web_url",
        ])
        {
            Assert.True(found.TryGetProperty(member, out _), member);
        }

        Assert.Equal("bookworm", found.GetProperty("stack").GetProperty("name").GetString());
        Assert.Equal("us", found.GetProperty("region").GetProperty("name").GetString());
        Assert.Equal(0, found.GetProperty("repo_size").GetInt64());
        Assert.Equal("1970-01-01T00:00:00Z", found.GetProperty("created_at").GetString());
    }

    [Fact]
    public async Task A_stack_is_chosen_by_name_or_uuid()
    {
        var id = (await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp", """{"build_stack":"bullseye"}"""), 200))
            .GetProperty("build_stack").GetProperty("id").GetString();
        await host.SendAsync(HttpMethod.Patch, "/apps/myapp", """{"build_stack":"bookworm"}""");
        var changed = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp", $$"""{"build_stack":"{{id}}"}"""), 200);

        Assert.Equal("bullseye", changed.GetProperty("build_stack").GetProperty("name").GetString());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp", """{"build_stack":"none"}"""), 422, "invalid_params");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps", """{"region":"mars"}"""), 422, "invalid_params");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp", """{"maintenance":"maybe"}"""), 400, "bad_request");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp", """{"name":"Not A Name"}"""), 422, "invalid_params");
    }

    [Theory]
    [InlineData("2", 2)]
    [InlineData("\"2\"", 2)]
    [InlineData("\"+1\"", 2)]
    [InlineData("\"-1\"", 0)]
    [InlineData("\"-5\"", 0)]
    public async Task A_quantity_is_a_number_text_or_a_difference(string quantity, int expected)
    {
        await host.ReleaseAsync(app, 1, ("web", "./serve"), ("worker", "./work"));
        var answer = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/formation", $$"""{"updates":[{"type":"web","quantity":{{quantity}},"size":"Basic"}]}""");

        var web = (await ApiHost.JsonAsync(answer, 200)).EnumerateArray().Single(f => f.GetProperty("type").GetString() == "web");
        Assert.Equal((expected, "Standard-1X"), (web.GetProperty("quantity").GetInt32(), web.GetProperty("size").GetString()));
        var id = web.GetProperty("id").GetString();
        Assert.Equal(web.GetRawText(), (await host.GetAsync($"/apps/myapp/formation/{id}")).GetRawText());
        Assert.Equal(web.GetRawText(), (await host.GetAsync("/apps/myapp/formation/web")).GetRawText());
    }

    [Theory]
    [InlineData("-1", 400)]
    [InlineData("\"many\"", 422)]
    [InlineData("101", 422)]
    [InlineData("{}", 400)]
    public async Task Another_quantity_changes_nothing(string quantity, int status)
    {
        await host.ReleaseAsync(app);
        await ApiHost.ErrorAsync(
            await host.SendAsync(HttpMethod.Patch, "/apps/myapp/formation/web", $$"""{"quantity":{{quantity}}}"""), status, status == 400 ? "bad_request" : "invalid_params");
        Assert.Equal(1, (await host.GetAsync("/apps/myapp/formation/web")).GetProperty("quantity").GetInt32());
    }

    [Fact]
    public async Task A_release_phase_is_shown_but_cannot_be_scaled()
    {
        await host.ReleaseAsync(app, 1, ("web", "./serve"), ("release", "./migrate"));
        var phase = await host.GetAsync("/apps/myapp/formation/release");
        var sized = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/formation", """{"updates":[{"type":"release","size":"basic"}]}""");
        var scaled = await host.SendAsync(HttpMethod.Patch, "/apps/myapp/formation", """{"updates":[{"type":"web","quantity":3},{"type":"release","quantity":1}]}""");

        Assert.Equal(("./migrate", 0), (phase.GetProperty("command").GetString(), phase.GetProperty("quantity").GetInt32()));
        await ApiHost.JsonAsync(sized, 200);
        await ApiHost.ErrorAsync(scaled, 422, "invalid_params");
        Assert.Equal(1, (await host.GetAsync("/apps/myapp/formation/web")).GetProperty("quantity").GetInt32());
    }

    [Fact]
    public async Task Domains_have_Heroku_s_kinds_and_are_found_by_name_and_uuid()
    {
        await host.Database.WriteAsync(db => Daemon.Store.DomainTable.Insert(db, app.Id, "*.example.org"), default);
        var domains = (await host.GetAsync("/apps/myapp/domains")).EnumerateArray().ToArray();

        Assert.Equal(["heroku", "custom"], domains.Select(d => d.GetProperty("kind").GetString()));
        Assert.Equal([null, "myapp.localhost"], domains.Select(d => d.GetProperty("cname").GetString()));
        Assert.All(domains, d => Assert.Equal("none", d.GetProperty("status").GetString()));
        var id = domains[1].GetProperty("id").GetString();
        Assert.Equal("*.example.org", (await host.GetAsync($"/apps/myapp/domains/{id}")).GetProperty("hostname").GetString());
        Assert.Equal(id, (await host.GetAsync("/apps/myapp/domains/*.example.org")).GetProperty("id").GetString());
        await ApiHost.ErrorAsync(
            await host.SendAsync(HttpMethod.Patch, "/apps/myapp/domains/*.example.org", """{"sni_endpoint":"none-1"}"""), 422, "invalid_params");
    }

    [Fact]
    public async Task The_catalogue_of_add_ons_is_empty_and_says_so()
    {
        foreach (var list in (string[])["/addons", "/addon-attachments", "/addon-services", "/apps/myapp/addons", "/apps/myapp/addon-attachments", "/teams", "/spaces"])
        {
            Assert.Equal("[]", (await host.GetAsync(list)).GetRawText());
        }

        var resolved = await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/actions/addons/resolve", """{"addon":"pg","app":null}"""), 404, "not_found");
        Assert.Equal("add_on", resolved.GetProperty("resource").GetString());
        var attachment = await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/actions/addon-attachments/resolve", "{}"), 404, "not_found");
        Assert.Equal("add_on attachment", attachment.GetProperty("resource").GetString());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/addons", """{"plan":"heroku-postgresql"}"""), 404, "not_found");
    }

    [Fact]
    public async Task Features_are_switched_by_name_and_uuid()
    {
        var features = (await host.GetAsync("/apps/myapp/features")).EnumerateArray().ToArray();
        var provenance = features.Single(f => f.GetProperty("name").GetString() == "require-provenance");

        var on = await ApiHost.JsonAsync(
            await host.SendAsync(HttpMethod.Patch, $"/apps/myapp/features/{provenance.GetProperty("id").GetString()}", """{"enabled":"true"}"""), 200);

        Assert.True(on.GetProperty("enabled").GetBoolean());
        Assert.Equal("[]", (await host.GetAsync("/account/features")).GetRawText());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/account/features/x"), 404, "not_found");
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Patch, "/apps/myapp/features/require-provenance", "{}"), 422, "invalid_params");
    }

    [Fact]
    public async Task The_one_region_is_found_by_name_and_uuid()
    {
        var region = Assert.Single((await host.GetAsync("/regions")).EnumerateArray());
        Assert.Equal(region.GetRawText(), (await host.GetAsync($"/regions/{region.GetProperty("id").GetString()}")).GetRawText());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Get, "/regions/eu"), 404, "not_found");
    }

    [Fact]
    public async Task Buildpacks_are_replaced_and_short_names_looked_up_without_a_token()
    {
        var set = await host.SendAsync(
            HttpMethod.Put, "/apps/myapp/buildpack-installations", """{"updates":[{"buildpack":"urn:buildpack:heroku/php"}]}""", ("Range", ""));
        var only = Assert.Single((await ApiHost.JsonAsync(set, 200)).EnumerateArray());
        Assert.Equal("urn:buildpack:heroku/php", only.GetProperty("buildpack").GetProperty("url").GetString());
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Put, "/apps/myapp/buildpack-installations", """{"updates":[{}]}"""), 422, "invalid_params");

        using var nobody = host.NewClient();
        var found = await ApiHost.JsonAsync(await nobody.GetAsync(new Uri("/buildpacks/heroku%2Fphp", UriKind.Relative)), 200);
        Assert.Equal("urn:buildpack:heroku/php", found.GetProperty("blob_url").GetString());
        await ApiHost.ErrorAsync(await nobody.GetAsync(new Uri("/buildpacks/no", UriKind.Relative)), 404, "not_found");
    }

    [Fact]
    public async Task Apps_are_filtered_by_uuid_and_listed_for_their_user()
    {
        await host.AppAsync("other");
        var id = (await host.GetAsync("/apps/other")).GetProperty("id").GetString();
        var filtered = await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/filters/apps", $$$"""{"in":{"id":["{{{id}}}","nothing"]}}"""), 200);

        Assert.Equal("other", Assert.Single(filtered.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(2, (await host.GetAsync("/users/~/apps")).GetArrayLength());
        Assert.Equal("[]", (await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/filters/apps", "{}"), 200)).GetRawText());
    }
}
