using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Client;

/// <summary>Follows the deployment of a release to its end. Only watches: the deployment belongs to the server.</summary>
internal static class DeploymentWatch
{
    /// <summary>How long the control plane may be away (it may be restarting) before watching is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Step at which a deployment waits for somebody's word: the release gets a part of the visitors.</summary>
    private const string Canary = "Canary";

    /// <summary>Returns when the deployment succeeded or waits as a canary; any other end is an exception.</summary>
    public static async Task<DeploymentInfo> FollowAsync(
        PaasApi api, string app, int release, StatusLine status, CancellationToken cancellation)
    {
        try
        {
            var deployment = await UntilFinishedAsync(api, app, release, status, cancellation);
            return deployment.Succeeded || !deployment.Finished ? deployment : throw new PaasException(Failure(app, deployment));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new PaasException(
                $"Stopped watching. The deployment of v{release} goes on; see `paas releases -a {app}`.", ExitCodes.Interrupted);
        }
    }

    private static async Task<DeploymentInfo> UntilFinishedAsync(
        PaasApi api, string app, int release, StatusLine status, CancellationToken cancellation)
    {
        string? seen = null;
        var lastAnswer = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var deployment = await api.DeploymentAsync(app, release, seen, cancellation);
                if (deployment.Finished || deployment.Step == Canary)
                {
                    return deployment;
                }
                seen = deployment.Step;
                lastAnswer = TimeProvider.System.GetTimestamp();
                status.Step(deployment.Step);
            }
            catch (ServerUnreachableException) when (TimeProvider.System.GetElapsedTime(lastAnswer) < Patience)
            {
                status.Step("waiting for the control plane");
                await Task.Delay(RetryPause, cancellation);
            }
        }
    }

    private static string Failure(string app, DeploymentInfo deployment) =>
        $"v{deployment.Release} of {app} did not go live: {(deployment.Error ?? "no reason given").TrimEnd('.', '\n')}.\n" +
        $"The release before it keeps running. See `paas logs -a {app}`.";
}
