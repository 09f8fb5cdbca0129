using System.Text.Json;
using MiniPaaS.Cli;

namespace MiniPaaS.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Version_needs_neither_the_parser_nor_Spectre_nor_a_server()
    {
        using var paas = new PaasProgram();
        foreach (var file in (string[])["paas.dll", "paas.runtimeconfig.json"])
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, file), Path.Combine(paas.WorkDirectory, file));
        }

        foreach (var argument in (string[])["version", "--version"])
        {
            var result = await paas.RunOtherAsync("dotnet", Path.Combine(paas.WorkDirectory, "paas.dll"), argument);

            Assert.Equal("", result.Err);
            Assert.Equal(0, result.ExitCode);
            Assert.Matches(@"\Apaas/[0-9]+\.[0-9]+\.[0-9]+ linux-\S+ dotnet-10\S*\n\z", result.Out);
        }
    }

    [Fact]
    public async Task Version_is_available_as_JSON()
    {
        using var paas = new PaasProgram();

        var result = await paas.RunAsync("version", "--json");

        using var version = JsonDocument.Parse(result.Out);
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+$", version.RootElement.GetProperty("version").GetString()!);
    }

    [Theory]
    [InlineData("ps:scal", "paas ps:scale")]
    [InlineData("relaeses", "paas releases")]
    [InlineData("confgi:set", "paas config:set")]
    public async Task A_mistyped_command_names_the_one_that_was_meant(string typed, string meant)
    {
        using var paas = new PaasProgram();

        var result = await paas.RunAsync(typed, "A=b");

        Assert.Equal(2, result.ExitCode);
        Assert.Equal("", result.Out);
        Assert.Contains($"\"{typed}\" is not a paas command. Did you mean `{meant}`?", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_word_near_to_no_command_gets_no_suggestion()
    {
        using var paas = new PaasProgram();

        var result = await paas.RunAsync("xylophone");

        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("Did you mean", result.Err, StringComparison.Ordinal);
        Assert.Contains("paas help", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Did you mean `paas config:set`?", "config", "set", "A=b")]
    [InlineData("`paas config:get` needs KEY.", "config:get")]
    [InlineData("Did you mean --tail?", "logs", "--tial")]
    [InlineData("\"FOO\" is not of the form KEY=VALUE.", "config:set", "FOO", "-a", "myapp")]
    [InlineData("\"web:2\" is not of the form TYPE=COUNT", "ps:scale", "web:2", "-a", "myapp")]
    [InlineData("\"banana\" is not a release", "rollback", "banana", "-a", "myapp")]
    [InlineData("\"..\" is not a name", "apps:info", "..")]
    public async Task Wrong_usage_ends_with_exit_code_2_and_says_what_is_wrong(string message, params string[] arguments)
    {
        using var paas = new PaasProgram();
        paas.Environment["PAAS_TOKEN"] = "x";

        var result = await paas.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Err, StringComparison.Ordinal);
        Assert.Equal("", result.Out);
    }

    [Fact]
    public async Task Without_arguments_the_overview_names_every_command()
    {
        using var paas = new PaasProgram();

        var result = await paas.RunAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.All(CommandLine.Root().Subcommands, command => Assert.Contains($"  {command.Name} ", result.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_is_the_same_by_option_by_command_and_by_alias()
    {
        using var paas = new PaasProgram();

        var byOption = await paas.RunAsync("config:set", "--help");
        var byCommand = await paas.RunAsync("help", "config:set");
        var byAlias = await paas.RunAsync("help", "config:add");

        Assert.Equal(0, byOption.ExitCode);
        Assert.Contains("Usage: paas config:set KEY=VALUE... [options]", byOption.Out, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  $ paas config:set GREETING=hello\n", byOption.Out, StringComparison.Ordinal);
        Assert.Equal(byOption.Out, byCommand.Out);
        Assert.Equal(byOption.Out, byAlias.Out);
    }

    [Fact]
    public void Every_command_has_examples_that_parse()
    {
        var root = CommandLine.Root();
        foreach (var command in root.Subcommands.Cast<PaasCommand>())
        {
            Assert.NotEmpty(command.Examples);
            foreach (var example in command.Examples.Where(example => example.StartsWith("paas ", StringComparison.Ordinal)))
            {
                var line = example.Split(" | ")[0].Split(" && ")[0].Split(" > ")[0].Split(" < ")[0]["paas ".Length..];
                Assert.True(root.Parse(line).Errors.Count == 0, $"{example}: {string.Join(' ', root.Parse(line).Errors)}");
            }
        }
    }

    [Fact]
    public void Every_command_that_prints_data_has_the_JSON_option()
    {
        string[] without = ["git:credentials", "logout", "completion", "help"];

        var commands = CommandLine.Root().Subcommands.Where(command => !command.Options.Contains(CommonOptions.Json));

        Assert.Equal(without, commands.Select(command => command.Name));
    }

    [Theory]
    [InlineData("apps:create", "create")]
    [InlineData("apps:destroy", "destroy")]
    [InlineData("releases:rollback", "rollback")]
    public void Heroku_spellings_are_understood(string spelling, string name) =>
        Assert.Equal(name, CommandLine.Root().Parse([spelling]).CommandResult.Command.Name);
}
