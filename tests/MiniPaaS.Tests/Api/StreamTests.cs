using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;

namespace MiniPaaS.Tests.Api;

public sealed class StreamTests : IAsyncLifetime
{
    private ApiHost host = null!;
    private App app = null!;
    private LogBook logs = null!;
    private HttpClient reader = null!;

    public async Task InitializeAsync()
    {
        host = await ApiHost.StartAsync();
        app = await host.AppAsync("myapp");
        logs = host.Parts.GetRequiredService<LogBook>();
        reader = host.NewClient();
    }

    public async Task DisposeAsync()
    {
        reader.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_log_is_read_as_events_without_a_token_and_ends()
    {
        logs.App(app.Id, "web.1", ["one", "two\rthree"]);
        logs.Platform(app.Id, "router", "at=info");

        var answer = await reader.GetAsync(await SessionAsync("""{"lines":100,"tail":false}"""));

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("retry: 1\n\n", text, StringComparison.Ordinal);
        var lines = text.Split('\n');
        Assert.Equal(["app[web.1]: one", "app[web.1]: two three", "paas[router]: at=info"], Data(lines));
        Assert.Equal(3, lines.Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Distinct().Count());
    }

    [Theory]
    [InlineData("""{"dyno":"web.1"}""", "one")]
    [InlineData("""{"dyno":"web"}""", "one|two")]
    [InlineData("""{"type":"web","lines":"1"}""", "two")]
    [InlineData("""{"source":"app"}""", "one|two|three")]
    [InlineData("""{"source":"heroku"}""", "State changed")]
    [InlineData("""{"lines":0}""", "")]
    public async Task Lines_are_chosen_by_dyno_process_type_and_source(string wanted, string expected)
    {
        logs.App(app.Id, "web.1", ["one"]);
        logs.App(app.Id, "web.2", ["two"]);
        logs.App(app.Id, "worker.1", ["three"]);
        logs.Platform(app.Id, "api", "State changed");

        var text = await reader.GetStringAsync(await SessionAsync(wanted));

        Assert.Equal(expected, string.Join('|', Data(text.Split('\n')).Select(line => line.Split("]: ")[1])));
    }

    [Fact]
    public async Task A_reader_that_was_cut_off_goes_on_where_he_was()
    {
        logs.App(app.Id, "web.1", ["one", "one", "one"]);
        var address = await SessionAsync("""{"lines":10,"tail":true}""");
        var second = await ReadAsync(address, null, events: 2);
        logs.App(app.Id, "web.1", ["four"]);

        var rest = await ReadAsync(address, second[^1].Id, events: 2);

        Assert.Equal(["one", "four"], rest.Select(e => e.Text));
    }

    [Fact]
    public async Task An_address_that_was_changed_leads_nowhere()
    {
        var address = (await SessionAsync("{}")).ToString();
        foreach (var wrong in (string[])[address.Replace("lines=100", "lines=101", StringComparison.Ordinal), address[..^1] + (address[^1] == '0' ? '1' : '0'), address.Split('&')[0]])
        {
            await ApiHost.ErrorAsync(await reader.GetAsync(new Uri(wrong)), 403, "forbidden");
        }
    }

    [Fact]
    public async Task With_the_app_its_log_goes()
    {
        var address = await SessionAsync("{}");
        await host.Database.WriteAsync(db => Daemon.Store.AppTable.Delete(db, app.Id), default);
        Assert.Equal(HttpStatusCode.NotFound, (await reader.GetAsync(address)).StatusCode);
    }

    [Theory]
    [InlineData("""{"lines":-1}""")]
    [InlineData("""{"lines":"many"}""")]
    public async Task A_wrong_number_of_lines_is_refused(string wanted) =>
        await ApiHost.ErrorAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-sessions", wanted), 422, "invalid_params");

    [Fact]
    public async Task What_a_release_phase_said_is_read_at_its_own_address()
    {
        await host.ReleaseAsync(app, 1, ("web", "./serve"), ("release", "./migrate"));
        var deployment = host.Database.Read(db => Daemon.Store.DeploymentTable.OfRelease(db, app.Id, 1))!.Id;
        logs.App(app.Id, $"release.{deployment}", ["migrating", "done"]);
        logs.App(app.Id, "web.1", ["other"]);

        var address = (await host.GetAsync("/apps/myapp/releases/1")).GetProperty("output_stream_url").GetString()!;

        Assert.Equal("migrating\ndone\n", await reader.GetStringAsync(new Uri(address)));
    }

    private async Task<Uri> SessionAsync(string wanted) =>
        new((await ApiHost.JsonAsync(await host.SendAsync(HttpMethod.Post, "/apps/myapp/log-sessions", wanted), 201)).GetProperty("logplex_url").GetString()!);

    private async Task<List<(string Id, string Text)>> ReadAsync(Uri address, string? lastEvent, int events)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (lastEvent is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEvent);
        }

        using var answer = await reader.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var body = new StreamReader(await answer.Content.ReadAsStreamAsync(deadline.Token));
        var (read, id) = (new List<(string, string)>(), "");
        while (read.Count < events && await body.ReadLineAsync(deadline.Token) is { } line)
        {
            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                read.Add((id, line.Split("]: ")[1]));
            }
        }

        return read;
    }

    private static IEnumerable<string> Data(IEnumerable<string> lines) =>
        lines.Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3)[2]);
}
