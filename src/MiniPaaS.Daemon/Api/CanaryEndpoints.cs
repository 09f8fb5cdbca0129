using System.Security.Claims;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/canary</c>: the release that a part of the visitors gets. PATCH: its share; POST: promote; DELETE: give up.</summary>
internal static class CanaryEndpoints
{
    public static void MapCanary(this WebApplication app, Database database, Canaries canaries, RunningDynos running)
    {
        Task<IResult> OfApp(string name, Func<long, Task<IResult>> answer) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? answer(found.Id)
            : Task.FromResult(ApiResults.NoApp(name));

        app.MapGet("/apps/{name}/canary", (string name) => OfApp(name, id => Task.FromResult(Describe(running, name, id))));
        app.MapPatch("/apps/{name}/canary", (string name, CanaryChange change, CancellationToken ct) => OfApp(name, async id =>
        {
            if (change.Percent is < 0 or > 100)
            {
                return ApiResults.Invalid($"{change.Percent} is no share of a hundred visitors; give 0 to 100.");
            }

            var (error, inForce) = await canaries.SetPercentAsync(id, change.Percent, ct);
            return Answer(error, inForce, running, name, id);
        }));
        app.MapPost("/apps/{name}/canary", (string name, CancellationToken ct) => OfApp(name, async id =>
        {
            var (error, release) = await canaries.PromoteAsync(id, ct);
            return error is null ? ApiResults.Json(new CanaryEnd(release), ProtocolJson.Default.CanaryEnd, statusCode: StatusCodes.Status202Accepted) : ApiResults.Conflict(error);
        }));
        app.MapDelete("/apps/{name}/canary", (string name, ClaimsPrincipal user, CancellationToken ct) => OfApp(name, async id =>
        {
            var (error, release, inForce) = await canaries.AbortAsync(id, user.Identity!.Name!, ct);
            return error is not null ? ApiResults.Conflict(error)
                : inForce ? ApiResults.Json(new CanaryEnd(release), ProtocolJson.Default.CanaryEnd)
                : ApiResults.NotInForce();
        }));
    }

    private static IResult Answer(string? error, bool inForce, RunningDynos running, string name, long appId) =>
        error is not null ? ApiResults.Conflict(error) : inForce ? Describe(running, name, appId) : ApiResults.NotInForce();

    private static IResult Describe(RunningDynos running, string name, long appId) =>
        running.Canary(appId) is { } canary ? ApiResults.Json(canary, ProtocolJson.Default.CanaryInfo) : ApiResults.NoApp(name);
}
