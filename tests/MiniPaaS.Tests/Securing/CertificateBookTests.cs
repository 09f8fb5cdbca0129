using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Tests.Securing;

public sealed class CertificateBookTests : IAsyncLifetime
{
    private static readonly Certificate Shop = Of("shop.example.org");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-db");
    private readonly ManualClock clock = new(Issue.Now);
    private Database database = null!;
    private CertificateBook book = null!;
    private long app;

    public async Task InitializeAsync()
    {
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        book = new CertificateBook(database, clock);
        app = (await database.WriteAsync(db => AppTable.Insert(db, Sample.Name("shop"), null, "shop.example.org", Issue.Now), default))!.Id;
    }

    [Theory]
    [InlineData("shop.example.org", "shop.example.org", true)]
    [InlineData("*.example.org", "shop.example.org", true)]
    [InlineData("*.example.org", "*.example.org", true)]
    [InlineData("*.example.org", "a.shop.example.org", false)]
    [InlineData("*.example.org", "example.org", false)]
    [InlineData("shop.example.org", "*.example.org", false)]
    [InlineData("*.org", "org", false)]
    public void A_name_covers_its_host_and_a_wildcard_one_label(string name, string host, bool covers) =>
        Assert.Equal(covers, Certificate.Covers(name, host));

    [Fact]
    public void A_certificate_is_presented_for_domains_of_its_own_app_only()
    {
        var mine = Uploaded(1, app: 1, Of("*.example.org", "other.test"));
        var set = CertificateBook.Of([mine], [], id => id == 1 ? ["a.example.org", "b.test"] : ["c.example.org", "other.test"], Issue.Now);
        Assert.Equal(["a.example.org"], Assert.Single(set.Certificates).Hosts.AsEnumerable());
    }

    [Fact]
    public void Chosen_domains_narrow_a_certificate_and_one_without_any_goes_to_no_router()
    {
        var chosen = Uploaded(1, 1, Of("*.example.org")) with { Chosen = ["b.example.org"] };
        var idle = Uploaded(2, 1, Of("elsewhere.test"));
        var set = CertificateBook.Of([chosen, idle], [], _ => ["a.example.org", "b.example.org"], Issue.Now);
        Assert.Equal(["b.example.org"], Assert.Single(set.Certificates).Hosts.AsEnumerable());
    }

    [Fact]
    public void The_newest_upload_comes_first_then_what_was_issued_automatically_then_what_has_expired()
    {
        var older = Uploaded(1, 1, Shop with { Chain = "older" });
        var newer = Uploaded(2, 1, Shop with { Chain = "newer" }) with { UpdatedAt = Issue.Now };
        var expired = Uploaded(3, 1, Shop with { Chain = "expired", NotAfter = Issue.Now }) with { UpdatedAt = Issue.Now.AddDays(1) };
        var automatic = new AutomaticCertificate("shop.example.org", 1, Shop with { Chain = "automatic" }, 0, null, Issue.Now, Issue.Now, Issue.Now);
        var set = CertificateBook.Of([older, expired, newer], [automatic], _ => ["shop.example.org"], Issue.Now);
        Assert.Equal(["newer", "older", "automatic", "expired"], set.Certificates.Select(c => c.Chain));
    }

    [Fact]
    public async Task The_set_is_the_same_instance_until_it_changes()
    {
        var empty = book.Current();
        await database.WriteAsync(db => AppTable.Scale(db, app, "web", 2), default);
        Assert.Same(empty, book.Current());

        await database.WriteAsync(db => CertificateTable.Insert(db, app, "shop-example-org", Shop, null, Issue.Now), default);
        var one = book.Current();
        Assert.Equal("shop.example.org", Assert.Single(Assert.Single(one.Certificates).Hosts));
        Assert.Same(one, book.Current());

        await database.WriteAsync(db => AppTable.Delete(db, app), default);
        Assert.Empty(book.Current().Certificates);
    }

    [Fact]
    public async Task An_expired_certificate_gives_way_within_the_hour_without_a_commit()
    {
        var later = Shop with { Chain = "later", NotAfter = Issue.Now.AddDays(50) };
        await database.WriteAsync(db => CertificateTable.Insert(db, app, "a", later, null, Issue.Now.AddDays(-1)), default);
        await database.WriteAsync(db => CertificateTable.Insert(db, app, "b", Shop with { NotAfter = Issue.Now.AddHours(2) }, null, Issue.Now), default);
        Assert.Equal(Shop.Chain, book.Current().Certificates[0].Chain);
        clock.Now += TimeSpan.FromHours(3);
        Assert.Equal("later", book.Current().Certificates[0].Chain);
    }

    [Fact]
    public async Task An_uploaded_certificate_comes_back_from_the_store_as_it_went_in()
    {
        var inserted = await database.WriteAsync(
            db => CertificateTable.Insert(db, app, "shop-example-org", Shop, ["shop.example.org"], Issue.Now), default);
        var read = database.Read(db => CertificateTable.Find(db, app, inserted.Name))!;
        Assert.Equal($"shop-example-org-{read.Id}", read.Name);
        Assert.Equal(Shop.Names.AsEnumerable(), read.Certificate.Names);
        Assert.Equal(["shop.example.org"], read.Chosen!.Value.AsEnumerable());
        Assert.Equal(Shop, read.Certificate with { Names = Shop.Names });
        Assert.Null(database.Read(db => CertificateTable.Find(db, app + 1, inserted.Name)));
    }

    [Fact]
    public async Task An_automatic_certificate_is_kept_only_for_a_domain_that_still_wants_it()
    {
        Assert.False(await IssueAsync("shop.example.org"));
        await database.WriteAsync(db => AcmeTable.Enable(db, app, Issue.Now), default);
        Assert.False(await IssueAsync("gone.example.org"));
        Assert.True(await IssueAsync("shop.example.org"));
        Assert.Single(book.Current().Certificates);

        await database.WriteAsync(db => AcmeTable.Fail(db, app, "shop.example.org", "no", Issue.Now, Issue.Now), default);
        var failed = database.Read(db => AcmeTable.Find(db, "shop.example.org"))!;
        Assert.Equal((1, "no", Shop.Chain), (failed.Failures, failed.Error, failed.Certificate!.Chain));

        await database.WriteAsync(db => AcmeTable.Disable(db, app), default);
        Assert.Empty(book.Current().Certificates);
        Assert.Empty(database.Read(AcmeTable.All));
    }

    [Fact]
    public void The_database_and_its_log_are_for_their_owner_alone()
    {
        foreach (var file in folder.EnumerateFiles("db*"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        }

        Assert.Contains(folder.EnumerateFiles(), file => file.Name == "db-wal");
    }

    public Task DisposeAsync()
    {
        database.Dispose();
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private Task<bool> IssueAsync(string host) =>
        database.WriteAsync(db => AcmeTable.Issue(db, app, host, Shop, Issue.Now.AddDays(60), Issue.Now), default);

    private static Certificate Of(params string[] names) => new("chain", "key", [.. names], Issue.Now.AddDays(-1), Issue.Now.AddDays(89));

    private static UploadedCertificate Uploaded(long id, long app, Certificate certificate) =>
        new(id, app, $"c-{id}", certificate, null, Issue.Now.AddDays(-2), Issue.Now.AddDays(-2));
}
