using System.CommandLine;
using MiniPaaS.Cli.Client;

namespace MiniPaaS.Cli.Commands;

internal static class GitCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Remote(), Credentials()];

    private static PaasCommand Remote()
    {
        var name = new Option<string>("--remote", "-r")
        {
            HelpName = "NAME",
            Description = "Name of the git remote (default: paas)",
            DefaultValueFactory = _ => "paas",
        };
        return new PaasCommand("git:remote", "Tie the current git repository to an app", "paas git:remote -a myapp", "paas git:remote -a myapp-staging -r staging")
        {
            name, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var remote = session.Value(name)!;
            if (!await Git.InRepositoryAsync(cancellation))
            {
                throw new PaasException("This directory is not in a git repository. Make one with `git init`.");
            }
            await RemoteSetup.CheckNameAsync(remote, cancellation);
            var wanted = await session.AppAsync(cancellation);
            var app = await session.AskAsync(api => api.AppAsync(wanted, cancellation));
            var changed = await RemoteSetup.AddAsync(remote, app.GitUrl, replace: true, cancellation);
            if (!session.Out.Json(new RemoteOutput(app.Name, remote, app.GitUrl), OutputJson.Default))
            {
                session.Out.Line($"Git remote {remote} {(changed ? "set to" : "is already")} {app.GitUrl}");
            }
        });
    }

    private static PaasCommand Credentials()
    {
        var operation = new Argument<string>("OPERATION") { Description = "What git asks for: get, store or erase" };
        return new PaasCommand(
            "git:credentials",
            "Answer git's question for a password (a git credential helper)",
            "git config credential.http://paas.localhost.helper '!paas git:credentials'")
        {
            operation,
        }
        .Runs(async (session, cancellation) =>
        {
            var question = await CredentialQuestion.ReadAsync(Console.In, cancellation);
            if (session.Value(operation) == "get" && session.Settings.Token is { } token && await IsOursAsync(session, question, cancellation))
            {
                session.Out.Raw($"username=paas\npassword={token}\n");
            }
        });
    }

    // git may know the server under the address that the server itself gives out, which is asked for rather than remembered.
    private static async Task<bool> IsOursAsync(Session session, CredentialQuestion question, CancellationToken cancellation)
    {
        if (question.Address is not { } address)
        {
            return false;
        }
        if (session.Settings.Server.Owns(address))
        {
            return true;
        }
        try
        {
            var platform = await session.Api.PlatformAsync(cancellation);
            return ServerAddress.TryParse(platform.ControlUrl, out var server) && server.Owns(address);
        }
        catch (PaasException)
        {
            // No answer for git means that it asks the user.
            return false;
        }
    }
}
