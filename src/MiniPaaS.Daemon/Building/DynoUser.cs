namespace MiniPaaS.Daemon.Building;

/// <summary>The unprivileged user that dynos and builds run as, on the host as in the stack images.</summary>
internal static class DynoUser
{
    public const int Id = 21000;

    public const string Name = "dyno";

    /// <summary>User and group as Docker reads them.</summary>
    public const string Container = "21000:21000";

    /// <summary>
    /// Starts a program on the host as this user. It enters the directory with root's rights and then loses them: whatever the
    /// directory holds, absolute names and <c>..</c> lead to parents that the user may not search.
    /// </summary>
    public static HostProcess Start(string directory, params IReadOnlyList<string> command) => Start(directory, environment: null, command);

    /// <summary>Starts a program on the host as this user.</summary>
    /// <param name="directory">Where it starts.</param>
    /// <param name="environment">Added to the clean environment.</param>
    /// <param name="command">Program and its arguments.</param>
    public static HostProcess Start(
        string directory, IReadOnlyDictionary<string, string>? environment, IReadOnlyList<string> command) =>
        HostProcess.Start(
            ["setpriv", $"--reuid={Id}", $"--regid={Id}", "--clear-groups", "--no-new-privs", "--", .. command], directory, environment);

    /// <summary>Makes a directory that only this user and root can enter.</summary>
    public static void CreateDirectory(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Posix.ChangeOwner(path, Id);
    }
}
