using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Securing;

namespace MiniPaaS.Tests.Securing;

public sealed class AcmeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-acme-");

    [Theory]
    [InlineData(1, false, 5)]
    [InlineData(2, false, 10)]
    [InlineData(5, false, 80)]
    [InlineData(9, false, 1280)]
    [InlineData(10, false, 1440)]
    [InlineData(100000, false, 1440)]
    [InlineData(1, true, 60)]
    [InlineData(6, true, 160)]
    public void Pauses_grow_to_a_day_and_a_rate_limit_gets_an_hour_at_least(int failures, bool rateLimited, int minutes) =>
        Assert.Equal(minutes, AcmeSchedule.PauseAfter(failures, rateLimited).TotalMinutes);

    [Theory]
    [InlineData(90, 60)]
    [InlineData(6, 4)]
    [InlineData(365, 243.333)]
    public void A_certificate_is_renewed_with_a_third_of_its_lifetime_left(double days, double renewal)
    {
        var certificate = new Certificate("", "", [], Issue.Now, Issue.Now.AddDays(days));
        Assert.Equal(renewal, (AcmeSchedule.RenewalOf(certificate, Issue.Now) - Issue.Now).TotalDays, 3);
    }

    [Fact]
    public void A_certificate_that_arrives_expired_is_not_renewed_at_once()
    {
        var certificate = new Certificate("", "", [], Issue.Now.AddDays(-99), Issue.Now.AddDays(-9));
        Assert.Equal(30, (AcmeSchedule.RenewalOf(certificate, Issue.Now) - Issue.Now).TotalDays, 3);
    }

    [Theory]
    [InlineData("example.org", true)]
    [InlineData("shop.test", true)]
    [InlineData("a-b.xn--p1ai", true)]
    [InlineData("shop.localhost", false)]
    [InlineData("localhost", false)]
    [InlineData("*.example.org", false)]
    [InlineData("intranet", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("a,b.example.org", false)]
    [InlineData("-x.example.org", false)]
    [InlineData("", false)]
    public void Only_names_that_an_authority_can_look_up_are_ordered(string host, bool ordered) =>
        Assert.Equal(ordered, AcmeSchedule.Exclude(host) is null);

    [Theory]
    [InlineData("dns", "cannot be resolved", false)]
    [InlineData("connection", "port 80", false)]
    [InlineData("unauthorized", "another machine", false)]
    [InlineData("rateLimited", "pause", true)]
    [InlineData("somethingNew", "(somethingNew)", false)]
    public void The_authoritys_problem_is_explained(string type, string words, bool rateLimit)
    {
        var problem = AcmeProblem.Of(
            "shop.test",
            $"2026/11/21 10:00:00 [INFO] nonce error retry: acme: error: 400 :: urn:ietf:params:acme:error:badNonce :: stale\n2026/11/21 10:00:01 Could not obtain certificates:\n\t"
            + $"error: one or more domains had a problem:\n[shop.test] acme: error: 400 :: urn:ietf:params:acme:error:{type} :: the detail\n");
        Assert.Contains(words, problem.Reason, StringComparison.Ordinal);
        Assert.EndsWith("The certificate authority said: the detail", problem.Reason, StringComparison.Ordinal);
        Assert.Equal(rateLimit, problem.IsRateLimit);
    }

    [Fact]
    public void Without_a_problem_document_the_clients_last_words_are_the_reason()
    {
        var problem = AcmeProblem.Of("shop.test", "2026/11/21 10:00:00 No key found\n2026/11/21 10:00:01 Could not create client: connection refused\n");
        Assert.Equal("The order could not be made: Could not create client: connection refused", problem.Reason);
    }

    [Fact]
    public async Task A_challenge_is_answered_from_the_web_root_and_nothing_outside_of_it()
    {
        var challenges = new AcmeChallenges(Read());
        var directory = challenges.WebRoot + AcmeChallenges.Path;
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "To-ken_1"), "To-ken_1.thumbprint");
        await File.WriteAllTextAsync(Path.Combine(challenges.WebRoot, "secret"), "secret");

        Assert.Equal("To-ken_1.thumbprint", await challenges.AnswerAsync("To-ken_1", default));
        foreach (var token in (string[])["other", "", ".", "..", "../../secret", "..%2F..%2Fsecret", "To-ken_1\n", "a b", new string('a', 300)])
        {
            Assert.Null(await challenges.AnswerAsync(token, default));
        }
    }

    [Theory]
    [InlineData("MINIPAAS_ACME_DIRECTORY", "http://ca.test/dir")]
    [InlineData("MINIPAAS_ACME_DIRECTORY", "ca.test")]
    [InlineData("MINIPAAS_ACME_EMAIL", "nobody")]
    [InlineData("MINIPAAS_ACME_EMAIL", "a@b, c@d")]
    [InlineData("MINIPAAS_ACME_CA_CERTIFICATES", "ca.pem")]
    public void A_setting_that_cannot_be_is_refused_by_name(string name, string value)
    {
        var refusal = Assert.Throws<FormatException>(() => Read((name, value)));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(value, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lets_Encrypt_is_the_default_and_an_account_needs_an_address()
    {
        var settings = Read();
        Assert.Equal(AcmeSettings.LetsEncrypt, settings.Directory.AbsoluteUri);
        Assert.Contains("MINIPAAS_ACME_EMAIL", new AcmeClient(settings, new AcmeChallenges(settings), TimeProvider.System).Missing, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private AcmeSettings Read(params (string Name, string Value)[] given) =>
        AcmeSettings.Read(name => given.FirstOrDefault(g => g.Name == name).Value, folder.FullName);
}
