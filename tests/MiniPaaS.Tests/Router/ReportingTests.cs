using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Tests.Router;

/// <summary>The request log and the metrics.</summary>
public sealed class ReportingTests
{
    [Fact]
    public async Task A_request_is_one_line_in_herokus_form()
    {
        await using var backend = await Backend.SaysAsync("hello, world");
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var answer = await router.SendAsync("shop.localhost", "/a%20b?q=\"1\"", headers: ("X-Request-Id", "abcdefghijklmnopqrstuvwx"));
        Assert.Equal("hello, world", await answer.Content.ReadAsStringAsync());
        Assert.Matches(
            "^\\d{16} shop at=info method=GET path=\"/a%20b\\?q=%221%22\" host=shop\\.localhost request_id=abcdefghijklmnopqrstuvwx "
            + "fwd=\"127\\.0\\.0\\.1\" dyno=web\\.1 connect=\\d+ms service=\\d+ms status=200 bytes=12 protocol=http$",
            await router.LogLineAsync());
    }

    [Fact]
    public async Task Lines_wait_for_a_reader_and_bytes_are_counted_whatever_the_framing()
    {
        await using var backend = await Backend.StartAsync(async context =>
        {
            await context.Response.WriteAsync(new string('x', 70_000));
            await context.Response.WriteAsync("end");
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        for (var number = 0; number < 3; number++)
        {
            Assert.Equal(70_003, (await router.TextAsync("shop.localhost", $"/{number}")).Length);
        }

        for (var number = 0; number < 3; number++)
        {
            var line = await router.LogLineAsync();
            Assert.Contains($" path=\"/{number}\" ", line, StringComparison.Ordinal);
            Assert.Contains(" bytes=70003 ", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_nobody_fetches_is_dropped_counted_and_told()
    {
        var log = new RequestLog(TimeProvider.System);
        var written = 0;
        while (log.Dropped < 10)
        {
            log.Write(Line($"/{written++}"));
        }

        log.Complete();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await log.CopyToAsync(pipe.Writer, CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        using var reader = new StreamReader(pipe.Reader.AsStream());
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(written - 10 + 1, lines.Length);
        Assert.Contains(" path=\"/0\" ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" - dropped=10", lines[^1], StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(string.Concat(lines)) < RequestLog.Capacity + 20_000);
    }

    [Fact]
    public void A_line_that_is_too_long_is_cut_and_cannot_be_broken()
    {
        var buffer = new byte[12 << 10];
        Assert.True(Line("/\"\n\u00e4" + new string('x', 50_000)).TryFormat(buffer, out var length));
        var text = Encoding.UTF8.GetString(buffer, 0, length);
        Assert.Contains(" path=\"/%22%0A%E4xxx", text, StringComparison.Ordinal);
        Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.InRange(length, 2000, 10_000);
    }

    [Fact]
    public async Task Metrics_are_prometheus_text_that_adds_up()
    {
        await using var backend = await Backend.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/bad" ? 500 : 200;
            return context.Response.WriteAsync("12345");
        });
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)), Make.Route("idle", 1));
        foreach (var path in (string[])["/", "/", "/bad"])
        {
            using var answer = await router.SendAsync("shop.localhost", path);
            await answer.Content.ReadAsStringAsync();
        }

        await router.PutAppAsync(Make.Route("shop", 2));
        await router.DrainedAsync("c1");
        await Eventually.TrueAsync(async () => (await router.MetricsAsync()).Contains("minipaas_router_drains_total 1\n", StringComparison.Ordinal));
        var text = await router.MetricsAsync();
        string[] expected =
        [
            "minipaas_router_requests_total{app=\"shop\",status=\"2xx\"} 2", "minipaas_router_requests_total{app=\"shop\",status=\"5xx\"} 1",
            "minipaas_router_response_bytes_total{app=\"shop\"} 15", "minipaas_router_request_duration_seconds_bucket{app=\"shop\",le=\"+Inf\"} 3",
            "minipaas_router_request_duration_seconds_count{app=\"shop\"} 3", "minipaas_router_flips_total 1", "minipaas_router_apps 2",
            "# TYPE minipaas_router_slow_changes_total counter",
            "minipaas_router_in_flight{app=\"shop\"} 0",
        ];
        Assert.All(expected, line => Assert.Contains($"{line}\n", text, StringComparison.Ordinal));
        Assert.DoesNotContain("idle", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(
            "^(# (HELP|TYPE) minipaas_router_[a-z_]+ .+|minipaas_router_[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? [0-9.E+-]+)$", line));
    }

    [Fact]
    public async Task The_meter_tells_the_same_to_OpenTelemetry()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, double>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Meter.Name == "MiniPaaS.Router")
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "app", Value: "metered" })
                {
                    seen.AddOrUpdate(instrument.Name, value, (_, before) => Math.Max(before, value));
                }
            }
        });
        listener.Start();
        await using var backend = await Backend.SaysAsync("hello");
        await using var router = await TestRouter.StartAsync(null, Make.Route("metered", 1, Make.Target("c1", backend.Address)));
        await router.TextAsync("metered.localhost");
        await router.LogLineAsync();
        listener.RecordObservableInstruments();
        Assert.Equal(1, seen["minipaas.router.requests"]);
        Assert.Equal(5, seen["minipaas.router.response_bytes"]);
        Assert.True(seen["minipaas.router.request.duration"] > 0);
    }

    private static RequestLine Line(string path) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        App = "shop",
        Method = "GET",
        Path = path,
        Host = "shop.localhost",
        RequestId = "id",
        Forwarded = "127.0.0.1",
        Status = 200,
        Protocol = "http",
    };
}
