using MiniPaaS.Daemon.Api.Conventions;

namespace MiniPaaS.Tests.Api;

public sealed class ListRangeTests
{
    private static readonly string[] Fields = ["version", "id"];

    [Theory]
    [InlineData(null, "version", false, 200, null, false)]
    [InlineData("", "version", false, 200, null, false)]
    [InlineData("version ..; order=desc,max=1", "version", true, 1, null, false)]
    [InlineData("version ..; max=15, order=desc", "version", true, 15, null, false)]
    [InlineData("version ..; order=desc", "version", true, 200, null, false)]
    [InlineData("id ..; max=1000;", "id", false, 1000, null, false)]
    [InlineData("id ]0a-1b..; max=200", "id", false, 200, "0a-1b", true)]
    [InlineData("version 5..9", "version", false, 200, "5", false)]
    [InlineData("id [5..9]", "id", false, 200, "5", false)]
    [InlineData("version; max=3", "version", false, 3, null, false)]
    [InlineData("version ..; max=100000", "version", false, 1000, null, false)]
    public void The_spellings_of_clients_are_understood(string? header, string field, bool descending, int max, string? start, bool exclusive)
    {
        Assert.True(ListRange.TryParse(header, Fields, out var range, out var error), error);
        Assert.Equal((field, descending, max, start, exclusive), (range.Field, range.Descending, range.Max, range.Start, range.Exclusive));
    }

    [Theory]
    [InlineData("bytes=0-10")]
    [InlineData("name ..")]
    [InlineData("version ..; order=up")]
    [InlineData("version ..; max=0")]
    [InlineData("version ..; max=x")]
    [InlineData("version ..; colour=red")]
    public void What_makes_no_sense_is_said_with_what_does(string header)
    {
        Assert.False(ListRange.TryParse(header, Fields, out _, out var error));
        Assert.Contains("version, id", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_after_a_part_is_a_range_again()
    {
        Assert.True(ListRange.TryParse("version 1..9; order=desc,max=2", Fields, out var range, out _));
        Assert.True(ListRange.TryParse(range.After("8"), Fields, out var next, out _));
        Assert.Equal(range with { Start = "8", Exclusive = true }, next);
    }
}
