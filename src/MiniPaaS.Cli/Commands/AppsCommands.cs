using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class AppsCommands
{
    private const string NoRemote = "none";

    public static IReadOnlyList<PaasCommand> All() => [List(), Create(), Info(), Destroy(), Open()];

    private static PaasCommand List() => new PaasCommand("apps", "List your apps", "paas apps", "paas apps --json | jq -r '.[].name'")
    {
        CommonOptions.Json,
    }
    .Also("apps:list")
    .Runs(async (session, cancellation) =>
    {
        var apps = await session.AskAsync(api => api.AppsAsync(cancellation));
        if (session.Out.Json(apps, ProtocolJson.Default))
        {
            return;
        }
        if (apps.IsEmpty)
        {
            session.Out.Note("No apps yet. Make one with `paas create`.");
        }
        session.Out.Table(
            ["App", "Release", "Stack", "URL"],
            apps.Select(app => (Cell[])[app.Name, Version(app.Release), new Cell(app.Stack.Name, Tint.Faint), app.WebUrl]));
    });

    private static PaasCommand Create()
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "Name of the app; default: a generated one" };
        var stack = new Option<string?>("--stack", "-s") { HelpName = "STACK", Description = "Stack to build on; default: the server's" };
        var remote = new Option<string>("--remote", "-r")
        {
            HelpName = "NAME",
            Description = "Git remote to add; none adds no remote (default: paas)",
            DefaultValueFactory = _ => "paas",
        };
        return new PaasCommand(
            "create",
            "Make an app and, inside a git repository, a remote to push to",
            "paas create",
            "paas create myapp && git push paas master",
            "paas create myapp --remote staging")
        {
            name, stack, remote, CommonOptions.Json,
        }
        .Also("apps:create")
        .Runs((session, cancellation) => CreateAsync(
            session, new CreateApp(session.Value(name), session.Value(stack)), session.Value(remote)!, cancellation));
    }

    private static async Task CreateAsync(Session session, CreateApp wanted, string remote, CancellationToken cancellation)
    {
        var inRepository = remote != NoRemote && await Git.InRepositoryAsync(cancellation);
        if (inRepository)
        {
            await CheckRemoteAsync(session, wanted, remote, cancellation);
        }
        var app = await session.WaitAsync(
            wanted.Name is null ? "Creating an app" : $"Creating {wanted.Name}",
            async _ => await session.Api.CreateAppAsync(wanted, cancellation));
        if (inRepository)
        {
            await RemoteSetup.AddAsync(remote, app.GitUrl, replace: false, cancellation);
        }
        if (session.Out.Json(app, ProtocolJson.Default))
        {
            return;
        }
        session.Out.Line($"Creating {app.Name}... done, stack is {app.Stack.Name}");
        session.Out.Line($"{app.WebUrl} | {app.GitUrl}");
        if (inRepository)
        {
            session.Out.Line($"Git remote {remote} added. Deploy with: git push {remote} master");
        }
    }

    // Before the app exists its address is not known, so a remote is only accepted when it leads to an app of the wanted name here.
    private static async Task CheckRemoteAsync(Session session, CreateApp wanted, string remote, CancellationToken cancellation)
    {
        await RemoteSetup.CheckNameAsync(remote, cancellation);
        var existing = (await Git.RemotesAsync(cancellation)).FirstOrDefault(other => other.Name == remote);
        var fits = existing is null
            || (wanted.Name is not null
                && AppFinder.AppOf(existing.Url) == wanted.Name
                && session.Settings.Server.Owns(new Uri(existing.Url)));
        if (!fits)
        {
            throw new PaasException("No app was made. " + RemoteSetup.Conflict(existing!));
        }
    }

    private static PaasCommand Info()
    {
        var name = NameArgument();
        return new PaasCommand("apps:info", "Show an app", "paas apps:info", "paas apps:info myapp --json | jq -r .git_url")
        {
            name, CommonOptions.App, CommonOptions.Json,
        }
        .Also("info")
        .Runs(async (session, cancellation) =>
        {
            var wanted = session.Value(name) ?? await session.AppAsync(cancellation);
            var app = await session.AskAsync(api => api.AppAsync(wanted, cancellation));
            if (!session.Out.Json(app, ProtocolJson.Default))
            {
                session.Out.Details(app.Name, Details(session.Out, app));
            }
        });
    }

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, AppInfo app) =>
    [
        ("Name", app.Name),
        ("Web URL", app.WebUrl),
        ("Git URL", app.GitUrl),
        ("Release", Version(app.Release)),
        ("Stack", app.Stack.Name),
        ("Buildpack", app.BuildpackProvidedDescription ?? "-"),
        ("Domains", app.Domains.IsDefaultOrEmpty ? "-" : string.Join(' ', app.Domains)),
        ("Maintenance", app.Maintenance ? new Cell("on", Tint.Busy) : "off"),
        ("Created", output.Moment(app.CreatedAt)),
    ];

    private static PaasCommand Destroy()
    {
        var name = NameArgument();
        var confirm = new Option<string?>("--confirm", "-c") { HelpName = "NAME", Description = "Name of the app again, instead of the question" };
        return new PaasCommand(
            "destroy", "Destroy an app with its releases, config vars and repository", "paas destroy -a myapp", "paas destroy myapp --confirm myapp")
        {
            name, confirm, CommonOptions.App, CommonOptions.Json,
        }
        .Also("apps:destroy", "apps:delete")
        .Runs(async (session, cancellation) =>
        {
            var app = session.Value(name) ?? await session.AppAsync(cancellation);
            await ConfirmAsync(app, session.Value(confirm), cancellation);
            var destroyed = await session.WaitAsync($"Destroying {app}", async _ => await session.Api.DestroyAppAsync(app, cancellation));
            var remotes = await RemoteSetup.RemoveAsync(destroyed.GitUrl, cancellation);
            if (!session.Out.Json(destroyed, ProtocolJson.Default))
            {
                session.Out.Line($"Destroying {app}... done" + (remotes.Count > 0 ? $", git remote {string.Join(", ", remotes)} removed" : ""));
            }
        });
    }

    private static async Task ConfirmAsync(string app, string? confirmation, CancellationToken cancellation)
    {
        if (confirmation is null && !Prompt.Possible)
        {
            throw new PaasException($"Destroying {app} cannot be undone. Repeat the command with --confirm {app}.", ExitCodes.Usage);
        }
        if (confirmation is null)
        {
            var question = $"This destroys {app} with all its releases and config vars, and cannot be undone.\nType its name to go on: ";
            confirmation = (await Prompt.LineAsync(question, cancellation)).Trim();
        }
        if (confirmation != app)
        {
            throw new PaasException($"\"{confirmation}\" is not {app}. Nothing was destroyed.", ExitCodes.Usage);
        }
    }

    private static PaasCommand Open() => new PaasCommand("open", "Open an app in a browser and print its address", "paas open", "paas open -a myapp")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Also("apps:open")
    .Runs(async (session, cancellation) =>
    {
        var name = await session.AppAsync(cancellation);
        var app = await session.AskAsync(api => api.AppAsync(name, cancellation));
        if (!session.Out.Json(new UrlOutput(app.WebUrl), OutputJson.Default))
        {
            session.Out.Line(app.WebUrl);
            Browser.Open(app.WebUrl);
        }
    });

    private static Argument<string?> NameArgument() =>
        new("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "App, another way to say --app" };

    private static string Version(int? release) => release is null ? "-" : $"v{release}";
}
