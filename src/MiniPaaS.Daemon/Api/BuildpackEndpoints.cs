using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building.Fetching;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/buildpack-installations</c>: what an app is built with, in Heroku's form.</summary>
internal static class BuildpackEndpoints
{
    private const int Most = 20;
    private const string Urn = "urn:buildpack:";

    public static void MapBuildpacks(this WebApplication app, Database database, Settings settings)
    {
        var references = new PackReferences(settings);
        app.MapGet("/apps/{name}/buildpack-installations", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Installations(database, found)
            : ApiResults.NoApp(name));
        app.MapPut("/apps/{name}/buildpack-installations", (string name, BuildpackInstallationUpdates updates, CancellationToken ct) =>
            SetAsync(database, references, name, updates, ct));

        // What Heroku's CLI asks for the address behind a short name; it shows no token, and gets nothing but the name again.
        app.MapGet("/buildpacks/{**name}", (string name) =>
            references.TryParse(Uri.UnescapeDataString(name), out var reference, out var error) && IsShort(Uri.UnescapeDataString(name))
                ? ApiResults.Json(new RegisteredBuildpack(reference.Text, Urn + reference.Text), ProtocolJson.Default.RegisteredBuildpack)
                : ApiResults.NotFound(error ?? "Only buildpacks with a short name (org/name) are looked up.", "buildpack"));
    }

    private static bool IsShort(string name) => !name.Contains(':', StringComparison.Ordinal) && !name.StartsWith('/');

    private static async Task<IResult> SetAsync(
        Database database, PackReferences references, string name, BuildpackInstallationUpdates updates, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (updates.Updates.IsDefault || updates.Updates.Length > Most)
        {
            return ApiResults.Invalid($"Give the buildpacks of the app as \"updates\": a list of at most {Most}, empty to have them detected.");
        }

        foreach (var update in updates.Updates)
        {
            if (!references.TryParse(update.Buildpack ?? "", out _, out var error))
            {
                return ApiResults.Invalid(error);
            }
        }

        await database.WriteAsync(db => BuildpackTable.Set(db, app.Id, [.. updates.Updates.Select(update => update.Buildpack!.Trim())]), ct);
        return Installations(database, app);
    }

    private static IResult Installations(Database database, App app)
    {
        var buildpacks = database.Read(db => BuildpackTable.Find(db, app.Id)).InForce;
        return ApiResults.Json(
            [.. buildpacks.Select((buildpack, ordinal) => new BuildpackInstallation(ordinal, Describe(buildpack)))],
            ProtocolJson.Default.ImmutableArrayBuildpackInstallation);
    }

    // Heroku names by urn what is known by a short name, and shows addresses as they are.
    private static InstalledBuildpack Describe(string buildpack)
    {
        var name = buildpack.StartsWith(Urn, StringComparison.Ordinal) ? buildpack[Urn.Length..] : buildpack;
        return new InstalledBuildpack(name.Contains(':', StringComparison.Ordinal) || name.StartsWith('/') ? name : Urn + name, name);
    }
}
