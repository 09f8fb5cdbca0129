using System.Globalization;
using System.Security.Claims;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/config-vars</c>.</summary>
internal sealed class ConfigVarEndpoints(Database database, AppChanges changes)
{
    /// <summary>Extension: header of the answer to a change that says the number of the release made; missing when nothing has changed.</summary>
    public const string ReleaseHeader = "MiniPaaS-Release";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/config-vars", (string name) => database.Read(db => AppTable.Find(db, name)) is { } app
            ? Json(database.Read(db => ReleaseBook.ConfigVarsOf(db, app.Id)))
            : ApiResults.NoApp(name));
        routes.MapPatch("/apps/{name}/config-vars", ChangeAsync);
    }

    private async Task<IResult> ChangeAsync(
        HttpContext context, string name, Dictionary<string, string?> vars, ClaimsPrincipal user, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (vars.Select(v => ConfigVars.Reject(v.Key, v.Value)).FirstOrDefault(reason => reason is not null) is { } rejected)
        {
            return ApiResults.Invalid(rejected);
        }

        var (release, after, error) = await changes.ConfigureAsync(app.Id, vars, user.Identity!.Name!, ct);
        if (error is not null)
        {
            return ApiResults.Conflict(error);
        }

        if (release is not null)
        {
            context.Response.Headers[ReleaseHeader] = release.Number.ToString(CultureInfo.InvariantCulture);
        }

        return Json(after);
    }

    private static IResult Json(ConfigVars vars) => ApiResults.Json(vars.Reveal(), ProtocolJson.Default.ImmutableSortedDictionaryStringString);
}
