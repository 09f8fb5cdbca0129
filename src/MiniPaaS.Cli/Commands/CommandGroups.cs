namespace MiniPaaS.Cli.Commands;

/// <summary>All commands by group, in the order of the overview.</summary>
internal static class CommandGroups
{
    public static readonly IReadOnlyList<(string Group, IReadOnlyList<PaasCommand> Commands)> All =
    [
        ("Apps", AppsCommands.All()),
        ("Config vars", ConfigCommands.All()),
        ("Buildpacks", BuildpackCommands.All()),
        ("Dynos", DynoCommands.All()),
        ("Releases", ReleaseCommands.All()),
        ("Builds", [.. DeployCommand.All(), .. BuildCommands.All()]),
        ("Slugs", [.. SlugCommands.All(), .. AttestationCommands.All(), .. AuditCommand.All()]),
        ("Stacks", StackCommands.All()),
        ("Canaries", CanaryCommands.All()),
        ("Visitors", [.. DomainCommands.All(), .. TrafficCommands.All(), .. RoutingCommands.All()]),
        ("Certificates", [.. CertsCommands.All(), .. AutomaticCertsCommands.All(), .. TrustCommand.All()]),
        ("Logs and metrics", [.. LogsCommand.All(), .. DrainCommands.All(), .. MetricsCommand.All()]),
        ("Git", GitCommands.All()),
        ("Account", AccountCommands.All()),
        ("This program", ProgramCommands.All()),
    ];
}
