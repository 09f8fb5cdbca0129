using System.CommandLine;

namespace MiniPaaS.Cli;

/// <summary>A command with what its help page shows beyond the syntax.</summary>
internal sealed class PaasCommand : Command
{
    public PaasCommand(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Command lines worth copying, without prompt.</summary>
    public IReadOnlyList<string> Examples { get; }

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
