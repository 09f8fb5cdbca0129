using System.CommandLine;

namespace MiniPaaS.Cli;

/// <summary>A command with what its help page shows beyond the syntax.</summary>
internal sealed class PaasCommand : Command
{
    public PaasCommand(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Command lines worth copying, without prompt.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Words that its arguments can be, for a shell to complete.</summary>
    public IReadOnlyList<string> Words { get; private set; } = [];

    /// <summary>Sets what the command does; it fails by throwing a <see cref="PaasException"/>.</summary>
    public PaasCommand Runs(Func<Session, CancellationToken, Task> run)
    {
        SetAction(async (parse, cancellation) =>
        {
            using var session = new Session(parse);
            await run(session, cancellation);
            return ExitCodes.Ok;
        });
        return this;
    }

    /// <summary>Says which words its arguments can be; one that ends in an equals sign is followed by a value.</summary>
    public PaasCommand Completes(params IEnumerable<string> words)
    {
        Words = [.. words];
        return this;
    }

    /// <summary>Adds other spellings, mostly Heroku's.</summary>
    public PaasCommand Also(params string[] aliases)
    {
        foreach (var alias in aliases)
        {
            Aliases.Add(alias);
        }
        return this;
    }
}
