using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>What an app is built with.</summary>
public sealed partial class TestControlPlane
{
    public ImmutableArray<string> Buildpacks { get; set; } = [];

    private ImmutableArray<BuildpackInstallation> Installations =>
    [
        .. Buildpacks.Select((name, at) => new BuildpackInstallation(at, new(name.Contains(':', StringComparison.Ordinal) ? name : $"urn:buildpack:{name}", name))),
    ];

    private void MapBuildpacks()
    {
        _web.MapGet("/apps/{app}/buildpack-installations", context => AnswerAsync(context, Installations, ProtocolJson.Default.ImmutableArrayBuildpackInstallation));
        _web.MapPut("/apps/{app}/buildpack-installations", async context =>
        {
            var updates = (await BodyAsync(context, ProtocolJson.Default.BuildpackInstallationUpdates))!.Updates;
            if (updates.Any(update => update.Buildpack == "wrong"))
            {
                await FailAsync(context, 422, "invalid_params", "\"wrong\" is not a buildpack.");
                return;
            }

            Buildpacks = [.. updates.Select(update => update.Buildpack!.Replace("urn:buildpack:", "", StringComparison.Ordinal))];
            await AnswerAsync(context, Installations, ProtocolJson.Default.ImmutableArrayBuildpackInstallation);
        });
    }
}
