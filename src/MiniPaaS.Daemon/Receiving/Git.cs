using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>How the git program is run: the platform's own settings, none of the machine's or of a user.</summary>
internal static class Git
{
    /// <summary>Branches whose pushes are deployed.</summary>
    public static readonly IReadOnlyList<string> DeployedBranches = ["main", "master"];

    private const int LongestListing = 64 << 20;

    // Given with every command and not stored: an upgrade changes them for all repositories at once.
    private static readonly string[] Configuration =
    [
        "receive.fsckObjects=true",
        "receive.fsck.zeroPaddedFilemode=warn",
        "receive.fsck.missingSpaceBeforeDate=warn",
        "receive.fsck.badTimezone=warn",
        "receive.denyNonFastForwards=false",
        "receive.shallowUpdate=true",
        "receive.autogc=false",
        "gc.auto=0",
        "tar.umask=0022",
        "core.quotePath=false",
        $"transfer.hideRefs={SourceCommit.Refs}",
    ];

    /// <summary>Starts a git command on a repository.</summary>
    /// <param name="repository">Path of the bare repository.</param>
    /// <param name="environment">Added to the clean environment.</param>
    /// <param name="configuration">Further <c>name=value</c> settings.</param>
    /// <param name="arguments">Command and arguments.</param>
    public static HostProcess Start(
        string repository,
        IReadOnlyDictionary<string, string>? environment,
        IEnumerable<string> configuration,
        params IReadOnlyList<string> arguments) =>
        HostProcess.Start(Command(repository, configuration, arguments), repository, Clean(environment));

    /// <summary>Runs a git command that reads objects, those of a push under way among them, and returns its output.</summary>
    /// <exception cref="HostProcessException">git failed.</exception>
    public static Task<byte[]> ReadAsync(ObjectDirectories objects, CancellationToken ct, params IReadOnlyList<string> arguments) =>
        HostProcess.RunAsync(Command(objects.Repository, [], arguments), objects.Repository, Clean(objects.Environment), ct);

    /// <summary>Lists the whole tree of a commit: lines as <c>ls-tree</c> writes them, divided by zero bytes.</summary>
    /// <returns>One character per byte: names are bytes, and Latin-1 carries every one of them unharmed.</returns>
    /// <exception cref="BuildRejectedException">It is too long. A few objects can describe a tree of any size.</exception>
    /// <exception cref="HostProcessException">git failed.</exception>
    public static async Task<string> ListTreeAsync(ObjectDirectories objects, string commit, CancellationToken ct)
    {
        await using var git = Start(
            objects.Repository, objects.Environment, [], "ls-tree", "-r", "-t", "-z", "--full-tree", commit);
        git.Input.Close();
        var listing = await git.ReadAsync(LongestListing, ct) ?? throw new BuildRejectedException(
            "The repository has too many files.",
            $"The commit has too many files: the list of their names is longer than {ByteSize.Format(LongestListing)}.",
            "Commit the sources only; what is made from them belongs into the build.");
        await git.EnsureSuccessAsync(ct);
        return System.Text.Encoding.Latin1.GetString(listing);
    }

    private static List<string> Command(string repository, IEnumerable<string> configuration, IReadOnlyList<string> arguments) =>
        ["git", .. Configuration.Concat(configuration).SelectMany(c => new[] { "-c", c }), "--git-dir", repository, .. arguments];

    private static Dictionary<string, string> Clean(IReadOnlyDictionary<string, string>? environment) =>
        new(environment ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            ["HOME"] = "/",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        };
}

/// <summary>Where a push's objects are: until it is accepted the new ones lie in a quarantine beside the repository's own.</summary>
/// <param name="Repository">Path of the bare repository.</param>
/// <param name="Quarantine">Path of the quarantine, or null when the objects are in the repository.</param>
internal sealed record ObjectDirectories(string Repository, string? Quarantine)
{
    /// <summary>Variables under which git sees both.</summary>
    public IReadOnlyDictionary<string, string>? Environment => Quarantine is null
        ? null
        : new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GIT_OBJECT_DIRECTORY"] = Quarantine,
            ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = Path.Combine(Repository, "objects"),
        };

    /// <summary>The directories of a push under way, or null when the quarantine is none of this repository's.</summary>
    /// <param name="repository">Path of the bare repository.</param>
    /// <param name="quarantine">Path that the hook was given; only its last part is believed. Empty when the push brought no objects.</param>
    public static ObjectDirectories? OfPush(string repository, string quarantine)
    {
        if (quarantine.Length == 0)
        {
            return new ObjectDirectories(repository, Quarantine: null);
        }

        var path = Path.Combine(repository, "objects", Path.GetFileName(quarantine));
        return path.Contains("incoming-", StringComparison.Ordinal) && Directory.Exists(path)
            ? new ObjectDirectories(repository, path)
            : null;
    }
}
