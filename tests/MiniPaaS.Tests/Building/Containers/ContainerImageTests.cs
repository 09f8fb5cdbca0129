using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;
using MiniPaaS.Docker;

namespace MiniPaaS.Tests.Building.Containers;

public sealed class ContainerImageTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void What_an_image_runs_by_itself_is_web() =>
        Assert.Equal("""["tini","nginx","-g","daemon off;"]""", ContainerImage.ProcessTypes(Config("tini", "nginx|-g|daemon off;"), Nothing)["web"]);

    [Fact]
    public void A_command_that_is_given_takes_the_place_of_CMD_behind_ENTRYPOINT()
    {
        var types = ContainerImage.ProcessTypes(
            Config("entry.sh", "serve"), new Dictionary<string, string> { ["worker"] = "work | log", ["web"] = """["serve", "$PORT"]""" });

        Assert.Equal("""["entry.sh","/bin/sh","-c","work | log"]""", types["worker"]);
        Assert.Equal("""["entry.sh","serve","$PORT"]""", types["web"]);
    }

    [Fact]
    public void An_ENTRYPOINT_that_takes_no_arguments_makes_way() =>
        Assert.Equal("""["/bin/sh","-c","other"]""", ContainerImage.ProcessTypes(Config("/bin/sh|-c|serve", ""), new Dictionary<string, string> { ["web"] = "other" })["web"]);

    [Fact]
    public void An_image_that_runs_nothing_needs_a_command() =>
        Assert.Throws<BuildRejectedException>(() => ContainerImage.ProcessTypes(Config("", ""), Nothing));

    [Theory]
    [InlineData("""["a", "b c"]""", "a|b c")]
    [InlineData("[ -f x ] && y", "/bin/sh|-c|[ -f x ] && y")]
    [InlineData("[1]", "/bin/sh|-c|[1]")]
    [InlineData("echo hi", "/bin/sh|-c|echo hi")]
    public void A_command_is_words_or_a_shells(string command, string words) => Assert.Equal(words.Split('|'), ExecForm.Words(command));

    [Theory]
    [InlineData("nginx", "nginx:latest", null)]
    [InlineData("docker.io/library/nginx:1.27", "nginx:1.27", null)]
    [InlineData("localhost:5000/a/b:c", "localhost:5000/a/b:c", "localhost:5000")]
    [InlineData("registry.example.org/shop@sha256:0123456789012345678901234567890123456789012345678901234567890123", "registry.example.org/shop@sha256:0123456789012345678901234567890123456789012345678901234567890123", "registry.example.org")]
    [InlineData("org/name", "org/name:latest", null)]
    public void Names_are_read_as_Docker_reads_them(string text, string name, string? registry)
    {
        Assert.True(ImageReference.TryParse(text, out var reference));
        Assert.Equal((name, registry), ($"{reference}", reference.Registry));
    }

    [Theory]
    [InlineData("")]
    [InlineData("UPPER")]
    [InlineData("a:b:c")]
    [InlineData("a b")]
    [InlineData("../etc")]
    [InlineData("a\n")]
    [InlineData("a@sha256:12")]
    public void What_is_no_name_is_refused(string text) => Assert.False(ImageReference.TryParse(text, out _));

    [Fact]
    public void An_image_is_not_meant_by_the_first_digits_of_its_id()
    {
        var image = new ImageDetails
        {
            Id = $"sha256:{new string('a', 64)}",
            Architecture = "amd64",
            Os = "linux",
            Config = new ImageConfig(),
            RootFS = new ImageRootFS([]),
            RepoTags = ["shop:1"],
        };

        Assert.True(Parse("docker.io/library/shop:1").IsNameOf(image));
        Assert.False(Parse("aaaaaaaaaaaa").IsNameOf(image));
        Assert.False(Parse("shop").IsNameOf(image));

        static ImageReference Parse(string text) => ImageReference.TryParse(text, out var reference) ? reference : throw new FormatException(text);
    }

    private static ImageConfig Config(string entrypoint, string command) => new()
    {
        Entrypoint = [.. entrypoint.Split('|', StringSplitOptions.RemoveEmptyEntries)],
        Cmd = [.. command.Split('|', StringSplitOptions.RemoveEmptyEntries)],
    };
}
