using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/traffic</c>: whether visitors are served, held, or shown the maintenance page.</summary>
internal static class TrafficEndpoints
{
    public static void MapTraffic(this WebApplication app, Database database, TrafficChanges traffic, TimeProvider time)
    {
        app.MapGet("/apps/{name}/traffic", (string name) => database.Read(db => AppTable.Find(db, name)) is { } found
            ? Describe(database, found, time)
            : ApiResults.NoApp(name));
        app.MapPost("/apps/{name}/traffic/hold", (string name, HoldRequest request, CancellationToken ct) =>
            HoldAsync(database, traffic, time, name, request, ct));
        app.MapDelete("/apps/{name}/traffic/hold", async (string name, CancellationToken ct) =>
            database.Read(db => AppTable.Find(db, name)) is { } found
                ? ApiResults.Of(await traffic.ResumeAsync(found.Id, ct), () => Describe(database, found, time))
                : ApiResults.NoApp(name));
    }

    private static async Task<IResult> HoldAsync(
        Database database, TrafficChanges traffic, TimeProvider time, string name, HoldRequest request, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (request.Seconds < 1 || request.Seconds > Traffic.LongestHold.TotalSeconds)
        {
            return ApiResults.Invalid(
                $"{request.Seconds} s is no length of a hold; give 1 to {Traffic.LongestHold.TotalSeconds:0} seconds. For longer breaks there is `paas maintenance:on`.");
        }

        return ApiResults.Of(
            await traffic.HoldAsync(app.Id, TimeSpan.FromSeconds(request.Seconds), ct), () => Describe(database, app, time));
    }

    private static IResult Describe(Database database, App app, TimeProvider time)
    {
        var traffic = database.Read(db => TrafficTable.Find(db, app.Id));
        var info = traffic.Maintenance ? new TrafficInfo("maintenance", null)
            : traffic.IsHeld(time.GetUtcNow()) ? new TrafficInfo("hold", traffic.HoldUntil)
            : new TrafficInfo("serve", null);
        return ApiResults.Json(info, ProtocolJson.Default.TrafficInfo);
    }
}
