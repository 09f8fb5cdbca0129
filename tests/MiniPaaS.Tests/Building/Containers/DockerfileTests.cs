using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Building.Containers;

namespace MiniPaaS.Tests.Building.Containers;

public sealed class DockerfileTests
{
    private const string Base = "sha256:aaaaaaaaaaaa0000000000000000000000000000000000000000000000000000";

    [Theory]
    [InlineData("FROM debian:12\nRUN true\n", "debian:12")]
    [InlineData("\uFEFF# comment\r\nfrom --platform=linux/amd64 debian:12 as build\r\nFROM build\r\n", "debian:12")]
    [InlineData("FROM a AS one\nFROM b\nCOPY --from=one /x /x\nCOPY --from=0 /x /x\nCOPY --chown=1 --from=c:1 /y /y\n", "a b c:1")]
    [InlineData("ARG TAG=12\nARG IMAGE=debian:${TAG}\nFROM $IMAGE\n", "debian:12")]
    [InlineData("ARG TAG\nFROM debian:${TAG:-11}\n", "debian:11")]
    [InlineData("ARG VERSION=1\nFROM debian:${VERSION}\n", "debian:given")]
    [InlineData("FROM scratch\nCOPY x /x\n", "")]
    [InlineData("FROM a\nRUN echo \\\n# not an end\n\n  FROM b\nFROM c\n", "a c")]
    [InlineData("# escape=`\nFROM a\nRUN echo `\nFROM b\nFROM c\n", "a c")]
    [InlineData("# other=`\n# escape=`\nFROM a\nRUN echo `\nFROM b\n", "a b")]
    [InlineData("FROM a\nRUN echo FROM b --from=c\n", "a")]
    public void The_images_are_those_that_its_instructions_use(string text, string images)
    {
        var file = Dockerfile.Parse(text, new Dictionary<string, string> { ["VERSION"] = "given" });

        Assert.Equal(images.Split(' ', StringSplitOptions.RemoveEmptyEntries), file.Images);
    }

    [Theory]
    [InlineData("")]
    [InlineData("RUN true")]
    [InlineData("ARG X\nFROM $X")]
    [InlineData("FROM a\nCOPY --from=$X / /")]
    [InlineData("FROM")]
    public void An_image_that_is_not_known_before_the_build_is_refused(string text) =>
        Assert.Throws<FormatException>(() => Dockerfile.Parse(text, new Dictionary<string, string>()));

    [Fact]
    public void What_the_builder_says_is_held_against_what_was_read()
    {
        var watch = new DockerfileWatch(Dockerfile.Parse("FROM a AS one\nRUN x\nFROM one\nCOPY --from=0 /x /x\n", new Dictionary<string, string>()), [Base]);

        Assert.Null(watch.Look("Step 1/4 : FROM a AS one"));
        Assert.Null(watch.Look(" ---> aaaaaaaaaaaa\n"));
        Assert.Null(watch.Look("Step 2/4 : RUN x"));
        Assert.Equal("cccccccccccc", watch.Look(" ---> Running in cccccccccccc\n"));
        Assert.Null(watch.Look(" ---> Running in dddddddddddd\n"));
        Assert.Null(watch.Look(" ---> bbbbbbbbbbbb\n"));
        Assert.Equal("bbbbbbbbbbbb", watch.Made);
        Assert.Null(watch.Look("Step 3/4 : FROM one"));
        Assert.Null(watch.Look(" ---> bbbbbbbbbbbb\n"));
        Assert.Null(watch.Look("Step 4/4 : COPY --from=0 /x /x"));
        Assert.Null(watch.Look(" ---> Using cache\n"));
        Assert.Null(watch.Look(" ---> eeeeeeeeeeee\n"));
        Assert.Equal("bbbbbbbbbbbb", watch.Made);
        Assert.Throws<BuildRejectedException>(() => watch.Look("Step 5/6 : COPY --from=other /x /x"));
        Assert.Null(watch.Look("Step 6/6 : FROM other"));
        Assert.Throws<BuildRejectedException>(() => watch.Look(" ---> ffffffffffff\n"));
    }
}
