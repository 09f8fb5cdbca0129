using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Extension: <c>/apps/{name}/releases/{release}/deployment</c>: how far a release is on its way live, held back until that changes.</summary>
internal sealed class DeploymentEndpoints(Database database, AppChanges changes, ReleaseDescription describe, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/apps/{name}/releases/{release}/deployment", (string name, string release, double? wait, string? step, CancellationToken ct) =>
            FollowAsync(name, release, TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWait.TotalSeconds)), step, ct));

    private async Task<IResult> FollowAsync(string name, string release, TimeSpan wait, string? seen, CancellationToken ct)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        if (describe.NumberOf(app.Id, release) is not { } number)
        {
            return ReleaseDescription.None(name, release);
        }

        var deadline = time.GetUtcNow() + wait;
        while (true)
        {
            var changed = changes.Changed(app.Id);
            if (database.Read(db => DeploymentTable.OfRelease(db, app.Id, number)) is not { } deployment)
            {
                return ReleaseDescription.None(name, release);
            }

            var left = deadline - time.GetUtcNow();
            if (deployment.FinishedAt is not null || deployment.Step.ToString() != seen || left <= TimeSpan.Zero)
            {
                var seconds = ((deployment.FinishedAt ?? time.GetUtcNow()) - deployment.StartedAt).TotalSeconds;
                return ApiResults.Json(
                    new DeploymentInfo(
                        number, deployment.Step.ToString(), deployment.FinishedAt is not null, deployment.Succeeded, deployment.Error, Math.Round(seconds, 3)),
                    ProtocolJson.Default.DeploymentInfo);
            }

            await Task.WhenAny(changed, Task.Delay(left, time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }
}
