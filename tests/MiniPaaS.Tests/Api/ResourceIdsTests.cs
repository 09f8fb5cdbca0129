using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Api;

public sealed class ResourceIdsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-ids");
    private readonly Database database;
    private readonly ResourceIds ids;

    public ResourceIdsTests()
    {
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        ids = new ResourceIds(database);
    }

    [Theory]
    [InlineData(1L, 0)]
    [InlineData(7L, 50_000)]
    [InlineData((1L << 40) - 1, int.MaxValue)]
    public void The_number_of_a_row_is_read_back(long number, int sub)
    {
        var id = ids.Of(ResourceKind.Release, number, sub);

        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id);
        Assert.True(ids.TryRead(ResourceKind.Release, id, out var read, out var readSub));
        Assert.Equal((number, sub), (read, readSub));
        Assert.True(ids.TryRead(ResourceKind.Release, id.ToUpperInvariant(), out _, out _));
    }

    [Fact]
    public void It_is_the_same_after_a_restart_and_another_elsewhere()
    {
        var id = ids.Of(ResourceKind.App, 1);
        using var again = Database.Open(Path.Combine(folder.FullName, "db"));
        using var elsewhere = Database.Open(Path.Combine(folder.FullName, "other"));

        Assert.Equal(id, new ResourceIds(again).Of(ResourceKind.App, 1));
        Assert.NotEqual(id, new ResourceIds(elsewhere).Of(ResourceKind.App, 1));
        Assert.False(new ResourceIds(elsewhere).TryRead(ResourceKind.App, id, out _, out _));
    }

    [Fact]
    public void The_id_of_another_kind_is_none()
    {
        Assert.False(ids.TryRead(ResourceKind.App, ids.Of(ResourceKind.Build, 1), out _, out _));
        Assert.NotEqual(ids.Of(ResourceKind.App, 1), ids.Of(ResourceKind.Build, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("myapp")]
    [InlineData("01234567-89ab-8def-8123-456789abcdef")]
    [InlineData("{01234567-89ab-8def-8123-456789abcdef}")]
    public void What_was_not_given_is_not_read(string? text) => Assert.False(ids.TryRead(ResourceKind.App, text, out _, out _));

    [Fact]
    public void A_changed_digit_is_noticed()
    {
        var id = ids.Of(ResourceKind.App, 12);
        foreach (var at in Enumerable.Range(0, id.Length).Where(at => id[at] != '-'))
        {
            var changed = id[..at] + (id[at] == '0' ? '1' : '0') + id[(at + 1)..];
            Assert.False(ids.TryRead(ResourceKind.App, changed, out _, out _), changed);
        }
    }

    [Fact]
    public void Names_are_told_apart_wherever_they_are_cut()
    {
        Assert.Equal(ids.Named(ResourceKind.Domain, "1", "a.test"), ids.Named(ResourceKind.Domain, "1", "a.test"));
        Assert.NotEqual(ids.Named(ResourceKind.Domain, "1", "1a.test"), ids.Named(ResourceKind.Domain, "11", "a.test"));
        Assert.NotEqual(ids.Named(ResourceKind.Domain, "1", "a.test"), ids.Named(ResourceKind.Slug, "1", "a.test"));
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Delete(recursive: true);
    }
}
