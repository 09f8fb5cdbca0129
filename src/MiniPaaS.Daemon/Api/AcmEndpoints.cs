using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Routing;
using MiniPaaS.Daemon.Running;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/acm</c>: automatic certificates, in Heroku's verbs, and the answers to their challenges.</summary>
internal sealed class AcmEndpoints(
    Database database,
    AcmeClient client,
    AcmStatus status,
    AcmeSettings settings,
    AcmeChallenges challenges,
    Reconciler reconciler,
    RouterLink routers,
    LogBook logs,
    TimeProvider time)
{
    public void Map(WebApplication app)
    {
        app.MapGet(AcmeChallenges.Path + "{token}", async (string token, CancellationToken ct) =>
            await challenges.AnswerAsync(token, ct) is { } answer ? Results.Text(answer) : Results.NotFound());
        app.MapGet("/apps/{name}/acm", (string name) => Answer(name));
        app.MapPost("/apps/{name}/acm", (string name, CancellationToken ct) => client.Missing is { } missing
            ? Task.FromResult(ApiResults.Invalid(missing))
            : ChangeAsync(name, (db, id) => AcmeTable.Enable(db, id, time.GetUtcNow()), "Automatic certificates enabled", ct));
        app.MapDelete("/apps/{name}/acm", (string name, CancellationToken ct) =>
            ChangeAsync(name, AcmeTable.Disable, "Automatic certificates disabled", ct));
        app.MapPatch("/apps/{name}/acm", (string name, CancellationToken ct) =>
            ChangeAsync(name, (db, id) => AcmeTable.Retry(db, id, time.GetUtcNow()), "Automatic certificates that failed are tried again", ct));
    }

    private async Task<IResult> ChangeAsync(string name, Action<SqliteConnection, long> change, string said, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        await database.WriteAsync(db => change(db, app.Id), ct);
        logs.Platform(app.Id, "api", said);
        reconciler.Wake(app.Id);
        await routers.RefreshAsync(CancellationToken.None);
        return Answer(name);
    }

    private IResult Answer(string name) => database.Read(db => AppTable.Find(db, name) is { } app
        ? ApiResults.Json(Describe(db, app), ProtocolJson.Default.AcmInfo)
        : ApiResults.NoApp(name));

    private AcmInfo Describe(SqliteConnection db, App app) => new(
        AcmeTable.IsEnabled(db, app.Id), settings.Directory.AbsoluteUri, status.Of(db, app.Id));
}
