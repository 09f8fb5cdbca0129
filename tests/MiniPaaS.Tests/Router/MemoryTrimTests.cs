using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Listening;
using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Tests.Router;

public sealed class MemoryTrimTests : IDisposable
{
    private readonly RouterMeters meters = new();
    private readonly MemoryTrim trim;

    public MemoryTrimTests() => trim = new MemoryTrim(meters, new Traffic(), TimeProvider.System);

    [Fact]
    public void Memory_is_given_back_once_after_most_of_a_crowd_has_left()
    {
        Assert.False(trim.IsDue(connections: 20_000, requests: 0));
        Assert.False(trim.IsDue(connections: 5_001, requests: 0));
        Assert.True(trim.IsDue(connections: 5_000, requests: 0));
        Assert.False(trim.IsDue(connections: 4_900, requests: 0));
        Assert.True(trim.IsDue(connections: 10, requests: 0));
        Assert.False(trim.IsDue(connections: 0, requests: 0));
    }

    [Fact]
    public void Nobody_who_waits_for_an_answer_is_delayed_by_it()
    {
        Assert.False(trim.IsDue(connections: 20_000, requests: 0));
        Assert.False(trim.IsDue(connections: 100, requests: 1));
        Assert.True(trim.IsDue(connections: 100, requests: 0));
    }

    [Fact]
    public void A_few_visitors_are_no_crowd()
    {
        Assert.False(trim.IsDue(connections: 1_999, requests: 0));
        Assert.False(trim.IsDue(connections: 0, requests: 0));
    }

    public void Dispose()
    {
        trim.Dispose();
        meters.Dispose();
    }
}
