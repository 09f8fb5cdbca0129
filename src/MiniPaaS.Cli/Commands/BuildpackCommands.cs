using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>What an app is built with: the words are those of Heroku's client.</summary>
internal static class BuildpackCommands
{
    private const string Urn = "urn:buildpack:";
    private static readonly Option<int?> Index = new("--index", "-i") { HelpName = "N", Description = "Place in the list, from 1" };

    public static IReadOnlyList<PaasCommand> All() => [Show(), Set(), Add("buildpacks:add"), Add("buildpacks:insert"), Remove(), Clear()];

    private static PaasCommand Show() => new PaasCommand("buildpacks", "Show the buildpacks of an app", "paas buildpacks", "paas buildpacks --json")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var buildpacks = await session.AskAsync(api => api.BuildpacksAsync(app, cancellation));
        if (session.Out.Json(buildpacks, ProtocolJson.Default))
        {
            return;
        }

        if (buildpacks.IsEmpty)
        {
            session.Out.Line($"{app} has no Buildpacks.");
            return;
        }

        session.Out.Line($"=== {app} Buildpack{(buildpacks.Length > 1 ? "s" : "")}");
        session.Out.Line("");
        Print(session, buildpacks, "");
    });

    private static PaasCommand Set()
    {
        var buildpack = BuildpackArgument();
        return new PaasCommand(
            "buildpacks:set", "Set a buildpack, in place of the first one or of the one at --index", "paas buildpacks:set heroku/php", "paas buildpacks:set https://github.com/org/pack.git#v2 -i 2")
        {
            buildpack, Index, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) => ChangeAsync(session, "set", list => Replaced(list, session.Value(buildpack)!, Place(session) ?? 1), cancellation));
    }

    private static PaasCommand Add(string name)
    {
        var buildpack = BuildpackArgument();
        return new PaasCommand(name, "Add a buildpack at the end, or before the one at --index", $"paas {name} heroku/nodejs --index 1")
        {
            buildpack, Index, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) => ChangeAsync(
            session, "added", list => list.Insert(Math.Min(Place(session) ?? int.MaxValue, list.Length + 1) - 1, NotYet(list, session.Value(buildpack)!)), cancellation));
    }

    private static PaasCommand Remove()
    {
        var buildpack = new Argument<string?>("BUILDPACK") { Arity = ArgumentArity.ZeroOrOne, Description = "Name or address, as `paas buildpacks` shows it" };
        return new PaasCommand("buildpacks:remove", "Remove a buildpack", "paas buildpacks:remove heroku/nodejs", "paas buildpacks:remove --index 1")
        {
            buildpack, Index, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) => ChangeAsync(session, "removed", list => Removed(list, session.Value(buildpack), Place(session)), cancellation));
    }

    private static PaasCommand Clear() => new PaasCommand("buildpacks:clear", "Remove all buildpacks: the next push detects the right one", "paas buildpacks:clear -a myapp")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs((session, cancellation) => ChangeAsync(session, "cleared", _ => [], cancellation));

    private static async Task ChangeAsync(
        Session session, string action, Func<ImmutableArray<string>, ImmutableArray<string>> change, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var before = await session.AskAsync(api => api.BuildpacksAsync(app, cancellation));
        var wanted = change([.. before.Select(Name)]);
        var after = await session.AskAsync(api => api.SetBuildpacksAsync(app, wanted, cancellation));
        if (session.Out.Json(after, ProtocolJson.Default))
        {
            return;
        }

        var subject = action == "cleared" ? "Buildpacks" : "Buildpack";
        if (after.IsEmpty)
        {
            await SayDetectionAsync(session, app, $"{subject} {action}.", cancellation);
        }
        else if (after is [var only])
        {
            session.Out.Line($"{subject} {action}. Next release on {app} will use {Printable.Cell(Name(only))}.");
            session.Out.Line("Run git push paas master to create a new release using this buildpack.");
        }
        else
        {
            session.Out.Line($"{subject} {action}. Next release on {app} will use:");
            Print(session, after, "  ");
            session.Out.Line("Run git push paas master to create a new release using these buildpacks.");
        }
    }

    private static async Task SayDetectionAsync(Session session, string app, string done, CancellationToken cancellation)
    {
        var vars = await session.AskAsync(api => api.ConfigVarsAsync(app, cancellation));
        if (vars.ContainsKey("BUILDPACK_URL"))
        {
            session.Out.Line(done);
            session.Out.Note("Warning: The BUILDPACK_URL config var is still set and will be used for the next release");
        }
        else
        {
            session.Out.Line($"{done} Next release on {app} will detect buildpacks normally.");
        }
    }

    private static void Print(Session session, ImmutableArray<BuildpackInstallation> buildpacks, string indent)
    {
        foreach (var (number, buildpack) in buildpacks.Select((buildpack, at) => (at + 1, buildpack)))
        {
            session.Out.Line(buildpacks.Length == 1 ? Printable.Cell(Name(buildpack)) : $"{indent}{number}. {Printable.Cell(Name(buildpack))}");
        }
    }

    private static ImmutableArray<string> Replaced(ImmutableArray<string> list, string buildpack, int place) =>
        place <= list.Length ? list.SetItem(place - 1, NotYet(list, buildpack)) : list.Add(NotYet(list, buildpack));

    private static ImmutableArray<string> Removed(ImmutableArray<string> list, string? buildpack, int? place)
    {
        if ((buildpack is null) == (place is null))
        {
            throw new PaasException("Please choose either to remove by index or URL, as in `paas buildpacks:remove heroku/php` or `paas buildpacks:remove -i 1`.", ExitCodes.Usage);
        }

        if (list.IsEmpty)
        {
            throw new PaasException("No buildpacks were found. Next release will detect buildpack normally.");
        }

        if (place > list.Length)
        {
            throw new PaasException(list.Length == 1 ? "Invalid index. Only valid value is 1." : $"Invalid index. Please choose a value between 1 and {list.Length}");
        }

        var at = place - 1 ?? list.IndexOf(Short(buildpack!));
        return at >= 0 ? list.RemoveAt(at) : throw new PaasException("Buildpack not found. Nothing was removed.");
    }

    private static string NotYet(ImmutableArray<string> list, string buildpack) => list.Contains(Short(buildpack))
        ? throw new PaasException($"The buildpack {Printable.Cell(buildpack)} is already set on your app.")
        : buildpack;

    private static int? Place(Session session) =>
        session.Value(Index) is < 1 ? throw new PaasException("Invalid index. Must be greater than 0.", ExitCodes.Usage) : session.Value(Index);

    private static string Name(BuildpackInstallation installation) => Short(installation.Buildpack.Url);

    private static string Short(string buildpack) => buildpack.StartsWith(Urn, StringComparison.Ordinal) ? buildpack[Urn.Length..] : buildpack;

    private static Argument<string> BuildpackArgument() => new("BUILDPACK")
    {
        Description = "One of the platform's own (php), org/name, or the address of a git repository (#branch, #tag, #commit) or of a .tgz",
    };
}
