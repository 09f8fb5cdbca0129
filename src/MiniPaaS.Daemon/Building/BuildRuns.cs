using MiniPaaS.Daemon.Building.Fetching;

namespace MiniPaaS.Daemon.Building;

/// <summary>Runs the containers of one build, and words what went wrong in them.</summary>
internal sealed class BuildRuns(BuildRequest request, BuildOutput output, BuildLimits limits)
{
    /// <summary>Runs the packs in a builder.</summary>
    /// <returns>Its results: built, or that another stack is wanted.</returns>
    /// <exception cref="BuildRejectedException">It ended in another way.</exception>
    public async Task<BuildResults> RunAsync(AppBuilder builder, BuildPlan plan, CancellationToken ct)
    {
        plan.Write(builder.Directories.Plan, request);
        var exitCode = await builder.BuildAsync(request, output, ct);
        var results = BuildResults.Take(builder.Directories.Results);
        if (results.Outcome is "built" or "other-stack")
        {
            return results;
        }

        await output.CompleteAsync();
        var lines = await builder.RanOutOfMemoryAsync(ct)
            ? [$"The build ran out of memory: it may use {ByteSize.Format(limits.Memory)}."]
            : Array.Empty<string>();
        throw results.Outcome switch
        {
            "undetected" => Undetected(plan.Packs, hasDockerfile: new FileInfo(Path.Combine(builder.Directories.Tree, "Dockerfile")) is { Exists: true, LinkTarget: null }),
            "incompatible" => Incompatible(plan.Packs.ElementAtOrDefault(results.Names.Length)),
            "no-stack" => new BuildRejectedException(
                "No installed stack fits the app.", "Push rejected, no stack fits this app (see above)."),
            "compile-failed" => Failed($"failed to compile {results.Name} app"),
            "release-failed" => Failed($"bin/release of the {results.Name} buildpack failed"),
            _ => Failed($"the build ended before its time with exit code {exitCode ?? results.Status}"),
        };

        BuildRejectedException Failed(string what) => new($"{string.Concat(lines)} {what}".Trim(), [.. lines, $"Push rejected, {what}."]);
    }

    private BuildRejectedException Incompatible(PreparedPack? pack)
    {
        if (pack is null)
        {
            return BuildRejectedException.Tampered();
        }

        var reason = $"The buildpack {pack.Reference.Text} does not recognise the app.";
        return request.PinnedBuildpack == pack.Reference.Text && request.Buildpacks.IsDefaultOrEmpty
            ? new BuildRejectedException(
                reason,
                $"Push rejected, the buildpack {pack.Reference.Text} does not recognise this app. It is the one that the app's first build found.",
                "To look for the right one anew: paas buildpacks:clear, then push again.")
            : new BuildRejectedException(reason, "Push rejected, the buildpack does not recognise this app.");
    }

    private static BuildRejectedException Undetected(IReadOnlyList<PreparedPack> packs, bool hasDockerfile) => new(
        "No default language could be detected for this app.",
    [
        "No default language could be detected for this app.",
        $"\t\t\tHINT: None of the buildpacks ({string.Join(", ", packs.Select(pack => pack.Folder))}) recognises the files at the root of the repository.",
        "\t\t\tCommit what they look for (as index.php, composer.json, a .csproj or .sln file),",
        "\t\t\tor a Procfile that says how to start the app; or name a buildpack: paas buildpacks:set URL.",
        .. hasDockerfile ? ["\t\t\tThere is a Dockerfile; to have that built instead: paas stack:set container, then push again."] : Array.Empty<string>(),
    ]);
}
