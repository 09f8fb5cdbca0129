using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>
/// <c>/apps/{name}/dynos</c> and <c>/formations</c>: what runs. What is stopped but wanted comes back, in a fresh container: so stop and
/// restart are one thing here.
/// </summary>
internal sealed class DynoEndpoints(Database database, AppChanges changes, RunningDynos running)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apps/{name}/dynos", (HttpContext context, string name) => OfApp(name, app =>
            Lists.Of(context, running.Of(app.Id), ProtocolJson.Default.ImmutableArrayDynoInfo, ("name", dyno => dyno.Name), ("id", dyno => dyno.Id))));
        routes.MapGet("/apps/{name}/dynos/{dyno}", (string name, string dyno) => OfApp(name, app =>
            running.Of(app.Id).FirstOrDefault(one => one.Name == dyno || ResourceIds.Same(one.Id, dyno)) is { } found
                ? ApiResults.Json(found, ProtocolJson.Default.DynoInfo)
                : NoDyno(name, dyno)));
        routes.MapDelete("/apps/{name}/dynos", (string name, CancellationToken ct) => RestartAsync(name, dyno: null, ct));
        routes.MapDelete("/apps/{name}/dynos/{dyno}", (string name, string dyno, CancellationToken ct) => RestartAsync(name, dyno, ct));
        routes.MapPost("/apps/{name}/dynos/{dyno}/actions/stop", (string name, string dyno, CancellationToken ct) => RestartAsync(name, dyno, ct));
        routes.MapDelete("/apps/{name}/formations/{type}", (string name, string type, CancellationToken ct) => RestartAsync(name, type, ct));
        routes.MapPost("/apps/{name}/formations/{type}/actions/stop", (string name, string type, CancellationToken ct) => RestartAsync(name, type, ct));
    }

    private IResult OfApp(string name, Func<App, IResult> answer) =>
        database.Read(db => AppTable.Find(db, name)) is { } app ? answer(app) : ApiResults.NoApp(name);

    private async Task<IResult> RestartAsync(string name, string? dyno, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var matching = running.Observed(app.Id).Where(d => d.Running && (dyno is null || running.IsNamed(d, dyno))).ToArray();
        if (dyno is not null && matching.Length == 0)
        {
            return NoDyno(name, dyno);
        }

        var error = await changes.RestartAsync(app.Id, dyno is null ? null : [.. matching], ct);
        return error is null
            ? ApiResults.Json(new Dictionary<string, string?>(), ProtocolJson.Default.DictionaryStringString, StatusCodes.Status202Accepted)
            : ApiResults.Conflict(error);
    }

    private static IResult NoDyno(string app, string dyno) =>
        ApiResults.NotFound($"{app} has no dyno or process type \"{dyno}\" running; `paas ps` lists them.", "dyno");
}
