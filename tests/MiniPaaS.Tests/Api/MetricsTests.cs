using MiniPaaS.Daemon.Api;

namespace MiniPaaS.Tests.Api;

public sealed class MetricsTests
{
    private const string One =
        """
        # HELP minipaas_router_requests_total Requests answered.
        # TYPE minipaas_router_requests_total counter
        minipaas_router_requests_total{app="shop",status="2xx"} 90
        minipaas_router_requests_total{app="shop",status="5xx"} 10
        minipaas_router_requests_total{app="other",status="2xx"} 7
        # HELP minipaas_router_request_duration_seconds Time.
        # TYPE minipaas_router_request_duration_seconds histogram
        minipaas_router_request_duration_seconds_bucket{app="shop",le="0.01"} 50
        minipaas_router_request_duration_seconds_bucket{app="shop",le="0.1"} 100
        minipaas_router_request_duration_seconds_bucket{app="shop",le="+Inf"} 100
        minipaas_router_request_duration_seconds_sum{app="shop"} 3.5
        minipaas_router_request_duration_seconds_count{app="shop"} 100
        # HELP minipaas_router_apps Apps routed.
        # TYPE minipaas_router_apps gauge
        minipaas_router_apps 2

        """;

    [Fact]
    public void Pages_of_two_routers_become_one_page_with_one_head_per_metric()
    {
        var text = new PrometheusText();
        text.Add("minipaas_apps", "gauge", "Apps.", ("", 2));
        text.Add(One, "a");
        text.Add(One, "b");

        var lines = text.ToString().Split('\n');

        Assert.Equal(4, lines.Count(line => line.StartsWith("# TYPE", StringComparison.Ordinal)));
        Assert.Equal(4, lines.Count(line => line.StartsWith("# HELP", StringComparison.Ordinal)));
        Assert.Contains("minipaas_apps 2", lines);
        Assert.Contains("minipaas_router_apps{instance=\"a\"} 2", lines);
        Assert.Contains("minipaas_router_requests_total{instance=\"b\",app=\"shop\",status=\"2xx\"} 90", lines);
        // All values of a metric stand together under its head.
        var families = lines.Where(line => line.Length > 0).Select(line => line.Split(' ', '{') is ["#", _, var name, ..] ? name : Family(line)).ToList();
        Assert.Equal(families.Distinct(), families.Where((name, index) => index == 0 || families[index - 1] != name));
    }

    [Fact]
    public void What_is_none_of_the_format_is_left_out()
    {
        var text = new PrometheusText();
        text.Add("<html>no\nsuch thing\nheadless 1\n", "a");
        Assert.Equal("", text.ToString());
    }

    [Fact]
    public void The_figures_of_an_app_are_added_up_over_routers()
    {
        var text = new PrometheusText();
        text.Add(One, "a");
        text.Add(One, "b");

        var shop = AppFigures.Of("shop", text.Samples);

        Assert.Equal((200, 180, 20, 0.1), (shop.Requests, shop.Statuses["2xx"], shop.Statuses["5xx"], shop.ErrorRate));
        Assert.Equal(0.01, shop.P50!.Value, 6);
        Assert.Equal(0.01 + (0.09 * 0.98), shop.P99!.Value, 6);
        Assert.Null(AppFigures.Of("nobody", text.Samples).P50);
    }

    [Fact]
    public void Longer_than_all_bounds_is_told_as_the_longest_bound() =>
        Assert.Equal(0.1, AppFigures.Quantile(0.99, [(0.01, 1), (0.1, 2), (double.PositiveInfinity, 100)]));

    private static string Family(string line) =>
        line.Split(' ', '{')[0].Replace("_bucket", "", StringComparison.Ordinal).Replace("_sum", "", StringComparison.Ordinal)
            .Replace("_count", "", StringComparison.Ordinal);
}
