using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Apps;

public sealed class ProcfileTests
{
    [Theory]
    [InlineData("web: a", "web", "a")]
    [InlineData("web:b", "web", "b")]
    [InlineData(" web: a", "web", "a")]
    [InlineData("\tweb:\ta", "web", "a")]
    [InlineData("web  a", "web", "a")]
    [InlineData("web: a  \t", "web", "a")]
    [InlineData("web: node web.js # testing inline comment", "web", "node web.js # testing inline comment")]
    [InlineData("web: cd x/bin/publish; ./App --urls http://*:$PORT", "web", "cd x/bin/publish; ./App --urls http://*:$PORT")]
    [InlineData("web: vendor/bin/heroku-php-apache2", "web", "vendor/bin/heroku-php-apache2")]
    [InlineData("cron-1_x: a", "cron-1_x", "a")]
    [InlineData("Web: a", "Web", "a")]
    [InlineData("web: : a", "web", ": a")]
    [InlineData("web::a", "web", ":a")]
    [InlineData("web: größe 日本", "web", "größe 日本")]
    public void A_declaration_is_read_as_Heroku_or_foreman_read_it(string line, string type, string command)
    {
        var procfile = Procfile.Parse(line);
        Assert.Equal([new(type, command)], procfile.Processes);
    }

    [Theory]
    [InlineData("web : a")]
    [InlineData("web :a")]
    [InlineData("web:")]
    [InlineData("web:   ")]
    [InlineData("web")]
    [InlineData(": a")]
    [InlineData("<<<<<<< HEAD=0")]
    [InlineData("w/b: a")]
    [InlineData("wéb: a")]
    public void A_line_that_is_no_declaration_is_ignored_with_a_warning(string line)
    {
        var procfile = Procfile.Parse("\n" + line);
        Assert.Empty(procfile.Processes);
        Assert.Contains("line 2", Assert.Single(procfile.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# web: a")]
    [InlineData("   # web: a")]
    [InlineData("\uFEFF")]
    public void Comments_and_empty_lines_are_ignored_in_silence(string text)
    {
        var procfile = Procfile.Parse(text);
        Assert.Empty(procfile.Processes);
        Assert.Empty(procfile.Warnings);
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_leave_no_trace()
    {
        var procfile = Procfile.Parse("\uFEFFweb: a\r\nworker: b\r\n");
        Assert.Equal([new("web", "a"), new("worker", "b")], procfile.Processes);
        Assert.Empty(procfile.Warnings);
    }

    [Fact]
    public void The_last_of_two_declarations_counts_and_is_warned_of()
    {
        var procfile = Procfile.Parse("web: a\nweb: b\n");
        Assert.Equal("b", procfile.Processes["web"]);
        Assert.Contains("again", Assert.Single(procfile.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_colon_is_accepted_with_a_warning()
    {
        Assert.Contains("no colon", Assert.Single(Procfile.Parse("web a").Warnings), StringComparison.Ordinal);
        Assert.Empty(Procfile.Parse("web: a").Warnings);
    }

    [Fact]
    public void Without_a_Procfile_the_defaults_are_all_there_is() =>
        Assert.Equal([new("web", "a")], Procfile.Empty.MergeDefaults(new Dictionary<string, string>(StringComparer.Ordinal) { ["web"] = "a" }));

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_type_has_at_most_63_characters(int length, bool accepted)
    {
        var type = new string('w', length);
        Assert.Equal(accepted, Procfile.Parse($"{type}: a").Processes.ContainsKey(type));
        Assert.Equal(accepted, Procfile.IsType(type));
    }

    [Fact]
    public void Defaults_of_the_buildpack_fill_in_only_the_types_that_are_not_declared()
    {
        var procfile = Procfile.Parse("web: mine");
        var merged = procfile.MergeDefaults(new Dictionary<string, string>(StringComparer.Ordinal) { ["web"] = "theirs", ["rake"] = "rake" });
        Assert.Equal([new("rake", "rake"), new("web", "mine")], merged);
    }

    [Fact]
    public void A_hostile_line_is_read_in_linear_time()
    {
        var blanks = new string(' ', 60_000);
        var procfile = Procfile.Parse($"web: {blanks}\nweb{blanks}:\nworker: a{blanks}b");
        Assert.Equal($"a{blanks}b", Assert.Single(procfile.Processes).Value);
    }
}
