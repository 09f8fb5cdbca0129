using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>What apps are built on and run on.</summary>
internal static class StackCommands
{
    public static IReadOnlyList<PaasCommand> All() => [List(), Packages(), Set(), Update(), Outdated(), Rebase()];

    private static PaasCommand List() => new PaasCommand("stacks", "List the server's stacks and the apps on each", "paas stacks")
    {
        CommonOptions.Json,
    }
    .Also("stack")
    .Runs(async (session, cancellation) =>
    {
        var stacks = await session.AskAsync(api => api.StacksAsync(cancellation));
        if (session.Out.Json(stacks, ProtocolJson.Default))
        {
            return;
        }
        session.Out.Table(
            ["Stack", "State", "Image", "Made", "Packages", "Apps", "Outdated", "Description"],
            stacks.Select(stack => (Cell[])
            [
                stack.Default ? $"{stack.Name} (default)" : stack.Name,
                State(stack),
                stack.RunImage is { } image ? image["sha256:".Length..][..12] : "-",
                stack.CreatedAt is { } made ? new Cell(session.Out.Moment(made), Tint.Faint) : "-",
                $"{stack.Packages}",
                stack.Apps.IsEmpty ? "-" : string.Join(" ", stack.Apps),
                stack.Outdated.IsEmpty ? "-" : string.Join(" ", stack.Outdated),
                stack.Description,
            ]));
    });

    private static Cell State(StackInfo stack) => stack.State switch
    {
        "public" => new Cell(stack.State, Tint.Good),
        "deprecated" => new Cell($"retired on {stack.RetiredOn:yyyy-MM-dd}", Tint.Busy),
        "retired" => new Cell($"retired since {stack.RetiredOn:yyyy-MM-dd}", Tint.Bad),
        _ => new Cell(stack.State, Tint.Bad),
    };

    private static PaasCommand Packages()
    {
        var stack = new Argument<string>("STACK") { Description = "Name of a stack" };
        return new PaasCommand("stacks:packages", "List the Debian packages of a stack", "paas stacks:packages bookworm | grep openssl")
        {
            stack, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var packages = await session.AskAsync(api => api.StackPackagesAsync(session.Value(stack)!, cancellation));
            if (!session.Out.Json(packages, ProtocolJson.Default))
            {
                session.Out.Table(["Package", "Version"], packages.Select(package => (Cell[])[package.Key, package.Value]));
            }
        });
    }

    private static PaasCommand Set()
    {
        var stack = new Argument<string>("STACK") { Description = "Name of a stack" };
        return new PaasCommand("stack:set", "Choose the stack of an app's next build", "paas stack:set bookworm && git commit --allow-empty -m restack && git push paas master")
        {
            stack, CommonOptions.App, CommonOptions.Json,
        }
        .Also("stacks:set")
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var name = session.Value(stack)!;
            var info = await session.AskAsync(api => api.SetStackAsync(app, name, cancellation));
            if (!session.Out.Json(info, ProtocolJson.Default))
            {
                session.Out.Line($"Setting the stack of {app} to {name}... done. It is built on at the next push.");
            }
        });
    }

    private static PaasCommand Update()
    {
        var stack = new Argument<string>("STACK") { Description = "Name of a stack" };
        return new PaasCommand(
            "stacks:update", "Make a stack again from today's Debian packages, and show which have changed", "paas stacks:update bookworm && paas stacks:rebase")
        {
            stack, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var name = session.Value(stack)!;
            using var response = await session.Api.UpdateStackAsync(name, cancellation);
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var reader = new StreamReader(body);
            var (last, changes) = ("", ImmutableArray.CreateBuilder<string>());
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                last = line;
                if (line is ['+' or '-' or '~', ' ', ..])
                {
                    changes.Add(line);
                }
                if (line is not ("done" or "failed") && !session.Out.WantsJson)
                {
                    session.Out.Line(Printable.Text(line));
                }
            }
            session.Out.Json(new StackUpdateOutput(name, last == "done", changes.ToImmutable()), OutputJson.Default);
            if (last != "done")
            {
                throw new PaasException($"The stack {name} was not updated; its images are what they were.");
            }
        });
    }

    private static PaasCommand Outdated() => new PaasCommand(
        "stacks:outdated", "List the apps that lie on an older image of their stack", "paas stacks:outdated")
    {
        CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var stacks = await session.AskAsync(api => api.StacksAsync(cancellation));
        var outdated = stacks.SelectMany(stack => stack.Outdated.Select(app => new OutdatedOutput(app, stack.Name))).ToImmutableArray();
        if (session.Out.Json(outdated, OutputJson.Default))
        {
            return;
        }
        if (outdated.IsEmpty)
        {
            session.Out.Note("Every app lies on the present image of its stack.");
        }
        session.Out.Table(["App", "Stack"], outdated.Select(app => (Cell[])[app.App, app.Stack]));
    });

    private static PaasCommand Rebase() => new PaasCommand(
        "stacks:rebase",
        "Put apps on the present image of their stack: a new release each, without a build; all outdated apps unless one is named",
        "paas stacks:rebase",
        "paas stacks:rebase --app myapp")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        string[] apps = session.Value(CommonOptions.App) is { } app
            ? [app]
            : [.. (await session.AskAsync(api => api.StacksAsync(cancellation))).SelectMany(stack => stack.Outdated)];
        if (apps.Length == 0)
        {
            session.Out.Note("Every app lies on the present image of its stack.");
        }
        var failures = new List<string>();
        foreach (var name in apps)
        {
            await RebaseAsync(session, name, failures, cancellation);
        }
        if (failures.Count > 0)
        {
            throw new PaasException(string.Join("\n", failures));
        }
    });

    // One app that cannot be rebased is no reason to leave the others as they are.
    private static async Task RebaseAsync(Session session, string app, List<string> failures, CancellationToken cancellation)
    {
        try
        {
            var (rebase, deployment) = await session.WaitAsync($"Rebasing {app}", async status =>
            {
                var made = await session.Api.RebaseAsync(app, cancellation);
                return (made, made.Release is { } release ? await DeploymentWatch.FollowAsync(session.Api, app, release, status, cancellation) : null);
            });
            if (!session.Out.JsonLine(rebase, ProtocolJson.Default))
            {
                session.Out.Line($"Rebasing {app}... {(deployment is null ? "nothing to do: it lies on the present image of its stack" : ConfigCommands.Outcome(deployment))}");
            }
        }
        catch (PaasException exception) when (exception.ExitCode == ExitCodes.Failed)
        {
            failures.Add(exception.Message);
        }
    }
}
