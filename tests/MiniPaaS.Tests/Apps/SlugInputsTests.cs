using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Tests.Apps;

public sealed class SlugInputsTests
{
    private static readonly SlugInputs Inputs = new()
    {
        Driver = "sha256:d",
        Tree = "t",
        Source = "sha256:s",
        Buildpacks = [new BuildpackInput("php", null, null, "sha256:p"), new BuildpackInput("procfile", null, null, "sha256:q")],
        Stacks = [new StackInput("bookworm", "sha256:b", "sha256:r", "")],
        Dotnet = ["sdk 10.0.100"],
        ConfigVars = ["A"],
    };

    private static readonly ConfigVars Vars = ConfigVars.From([new("A", "secret")]);

    [Fact]
    public void The_same_inputs_have_the_same_key()
    {
        Assert.Matches("^sha256:[0-9a-f]{64}$", Inputs.Key(Vars));
        Assert.Equal(Inputs.Key(Vars), (Inputs with { Buildpacks = [.. Inputs.Buildpacks] }).Key(Vars));
        Assert.Equal(Inputs.Key(Vars), (Inputs with { Tree = "another, of which .slugignore leaves the same" }).Key(Vars));
    }

    [Fact]
    public void Every_input_is_in_the_key()
    {
        SlugInputs[] others =
        [
            Inputs with { Format = Inputs.Format + 1 },
            Inputs with { Driver = "sha256:e" },
            Inputs with { Source = "sha256:t" },
            Inputs with { Buildpacks = [Inputs.Buildpacks[1], Inputs.Buildpacks[0]] },
            Inputs with { Buildpacks = [Inputs.Buildpacks[0] with { Digest = "sha256:x" }, Inputs.Buildpacks[1]] },
            Inputs with { Buildpacks = [Inputs.Buildpacks[0] with { Commit = "c" }, Inputs.Buildpacks[1]] },
            Inputs with { BuildpacksSet = true },
            Inputs with { Stacks = [Inputs.Stacks[0] with { BuildImage = "sha256:x" }] },
            Inputs with { Stacks = [Inputs.Stacks[0] with { RunImage = "sha256:x" }] },
            Inputs with { StackSet = true },
            Inputs with { Dotnet = [] },
        ];
        string[] keys =
        [
            .. others.Select(other => other.Key(Vars)),
            Inputs.Key(ConfigVars.From([new("A", "another")])),
            Inputs.Key(ConfigVars.From([new("A", "secret"), new("B", "")])),
            Inputs.Key(ConfigVars.Empty),
            Inputs.Key(Vars),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void What_is_not_the_same_is_named()
    {
        Assert.Empty(Inputs.Differences(Inputs with { Buildpacks = [.. Inputs.Buildpacks] }));
        var other = Inputs with { Source = "sha256:t", Buildpacks = [Inputs.Buildpacks[0] with { Digest = "sha256:x" }, Inputs.Buildpacks[1]], Dotnet = [] };
        Assert.Equal(["the source", "the buildpack php", ".NET"], Inputs.Differences(other));
        Assert.DoesNotContain("secret", System.Text.Json.JsonSerializer.Serialize(Inputs), StringComparison.Ordinal);
    }
}
