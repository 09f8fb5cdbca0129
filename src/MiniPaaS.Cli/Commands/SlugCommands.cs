using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>What builds made: list, look into, compare, verify.</summary>
internal static class SlugCommands
{
    private const string Named = "A release, as in v7, or the beginning of a slug's id";

    public static IReadOnlyList<PaasCommand> All() => [List(), Info(), Diff(), Verify(), .. SlugTransferCommands.All()];

    private static PaasCommand List() => new PaasCommand(
        "slugs", "List the slugs that a release or rollback can run, newest first", "paas slugs", "paas slugs --json | jq '.[0]'")
    {
        CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        var app = await session.AppAsync(cancellation);
        var slugs = await session.AskAsync(api => api.SlugsAsync(app, cancellation));
        if (session.Out.Json(slugs, ProtocolJson.Default))
        {
            return;
        }
        if (slugs.IsEmpty)
        {
            session.Out.Note($"{app} has no slugs yet. Deploy with `git push paas master`.");
        }
        session.Out.Table(
            ["Slug", "Releases", "Size", "Stack", "Buildpacks", "Commit", "Created"],
            slugs.Select(slug => (Cell[])
            [
                Short(slug.Digest),
                Versions(slug),
                ByteSize.Of(slug.Size),
                slug.Stack.Name,
                slug.BuildpackProvidedDescription,
                slug.Commit[..Math.Min(8, slug.Commit.Length)],
                new Cell(session.Out.Moment(slug.CreatedAt), Tint.Faint),
            ]));
    });

    private static PaasCommand Info()
    {
        var slug = SlugArgument("SLUG", $"{Named}; default: the live release's", ArgumentArity.ZeroOrOne);
        var files = new Option<bool>("--files") { Description = "List its files instead, with size and SHA-256" };
        return new PaasCommand(
            "slugs:info", "Show a slug: what it was made from, its size, digest and files", "paas slugs:info v7", "paas slugs:info v7 --files")
        {
            slug, files, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var name = session.Value(slug) ?? await LiveAsync(session, app, cancellation);
            if (session.Value(files))
            {
                await PrintFilesAsync(session, app, name, cancellation);
                return;
            }
            var info = await session.AskAsync(api => api.SlugAsync(app, name, cancellation));
            if (!session.Out.Json(info, ProtocolJson.Default))
            {
                var content = await session.AskAsync(api => api.SlugFilesAsync(app, name, cancellation));
                session.Out.Details($"{app} slug {Short(info.Digest)}", Details(session.Out, info, content.Count(file => file.Kind != "directory")));
            }
        });
    }

    private static async Task PrintFilesAsync(Session session, string app, string name, CancellationToken cancellation)
    {
        var files = await session.AskAsync(api => api.SlugFilesAsync(app, name, cancellation));
        if (!session.Out.Json(files, ProtocolJson.Default))
        {
            session.Out.Table(
                ["Mode", "Size", "SHA-256", "File"],
                files.Select(file => (Cell[])
                [
                    file.Kind == "symlink" ? "-" : file.Mode,
                    file.Kind == "file" ? $"{file.Size}" : "-",
                    file.Checksum?["sha256:".Length..] ?? file.Kind,
                    file.Target is { } target ? $"{file.Path} -> {target}" : file.Path,
                ]));
        }
    }

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, SlugInfo slug, int files)
    {
        yield return ("Digest", slug.Digest);
        yield return ("Releases", Versions(slug));
        yield return ("Commit", slug.Commit);
        yield return ("Buildpacks", slug.BuildpackProvidedDescription);
        yield return ("Size", $"{ByteSize.Of(slug.Size)} in {files} files");
        yield return ("Layer", slug.Checksum ?? "(its image is gone)");
        yield return ("Stack", $"{slug.Stack.Name} ({Short(slug.StackImage)})");
        foreach (var (type, command) in slug.ProcessTypes)
        {
            yield return ($"Process {type}", command);
        }
        yield return ("Created", output.Moment(slug.CreatedAt));
        if (slug.Inputs is not { } inputs)
        {
            yield return ("Made from", "(not recorded)");
            yield break;
        }
        yield return ("Key", inputs.Key ?? "(imported or rebased)");
        yield return ("Tree", inputs.Tree);
        yield return ("Source", inputs.Source);
        foreach (var pack in inputs.Buildpacks)
        {
            yield return ($"Buildpack {pack.Name}", $"{pack.Digest}{(pack.Url is null ? "" : $" from {pack.Url}")}{(pack.Commit is null ? "" : $" at {pack.Commit}")}");
        }
        foreach (var stack in inputs.Stacks)
        {
            yield return ($"Stack {stack.Name}", $"build {Short(stack.BuildImage)}, run {Short(stack.RunImage)}");
        }
        yield return (".NET", inputs.Dotnet.IsEmpty ? "-" : string.Join(", ", inputs.Dotnet));
        yield return ("Config vars", inputs.ConfigVars.IsEmpty ? "-" : string.Join(", ", inputs.ConfigVars));
    }

    private static PaasCommand Diff()
    {
        var before = SlugArgument("BEFORE", Named, ArgumentArity.ExactlyOne);
        var after = SlugArgument("AFTER", Named, ArgumentArity.ExactlyOne);
        return new PaasCommand("slugs:diff", "Show which files two slugs do not have in common", "paas slugs:diff v6 v7")
        {
            before, after, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var changes = await session.AskAsync(api => api.SlugDiffAsync(app, session.Value(before)!, session.Value(after)!, cancellation));
            if (session.Out.Json(changes, ProtocolJson.Default))
            {
                return;
            }
            if (changes.IsEmpty)
            {
                session.Out.Note("The two slugs hold the same files.");
            }
            PrintChanges(session.Out, changes);
        });
    }

    private static PaasCommand Verify()
    {
        var slug = SlugArgument("SLUG", $"{Named}; default: the live release's", ArgumentArity.ZeroOrOne);
        return new PaasCommand(
            "slugs:verify",
            "Build a slug once more from its commit and recorded inputs, and compare it bit for bit; exit code 1 when it differs",
            "paas slugs:verify v7")
        {
            slug, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var name = session.Value(slug) ?? await LiveAsync(session, app, cancellation);
            var verdict = await session.WaitAsync($"Building {name} of {app} once more", _ => session.Api.VerifySlugAsync(app, name, cancellation));
            if (!session.Out.Json(verdict, ProtocolJson.Default))
            {
                PrintChanges(session.Out, verdict.Changes);
            }
            if (!verdict.Verified)
            {
                throw new PaasException(Failure(name, verdict));
            }
            if (!session.Out.WantsJson)
            {
                session.Out.Line($"Verified: {name} of {app} was built again in {verdict.Seconds:0.0} s, and is the same to the bit ({verdict.Checksum}).");
            }
        });
    }

    private static string Failure(string name, SlugVerificationInfo verdict)
    {
        var others = verdict.OtherInputs.IsEmpty
            ? ""
            : $"\nWhat it was made from is not there any more as it was: {string.Join(", ", verdict.OtherInputs)}. That may be the reason.";
        return verdict.Error
            ?? (verdict.Changes.IsEmpty
                ? $"{name} is not what its inputs make: its files are the same, but not the layer that holds them ({verdict.Checksum}, rebuilt {verdict.RebuiltChecksum}).{others}"
                : $"{name} is not what its inputs make: it differs in {verdict.Changes.Length} {(verdict.Changes.Length == 1 ? "place" : "places")}, listed above from the slug to the rebuild.{others}");
    }

    private static void PrintChanges(Output output, IEnumerable<SlugChangeInfo> changes) => output.Table(
        ["Change", "Before", "After", "File", "What"],
        changes.Select(change => (Cell[])
        [
            new Cell(change.Change, change.Change switch { "added" => Tint.Good, "removed" => Tint.Bad, _ => Tint.Busy }),
            change.Before is { } before ? $"{before}" : "-",
            change.After is { } after ? $"{after}" : "-",
            change.Path,
            change.Detail ?? "-",
        ]));

    private static async Task<string> LiveAsync(Session session, string app, CancellationToken cancellation)
    {
        var live = (await session.AskAsync(api => api.AppAsync(app, cancellation))).Release
            ?? throw new PaasException($"{app} has no live release yet. Deploy with `git push paas master`.");
        return $"v{live}";
    }

    private static Argument<string?> SlugArgument(string name, string description, ArgumentArity arity) => new(name) { Arity = arity, Description = description };

    private static string Versions(SlugInfo slug) => string.Join(" ", slug.Releases.Select(release => $"v{release}"));

    private static string Short(string id) => id.StartsWith("sha256:", StringComparison.Ordinal) && id.Length > 19 ? id[7..19] : id;
}
