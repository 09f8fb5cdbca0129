using LibGit2Sharp;

namespace MiniPaaS.Daemon.Receiving;

/// <summary>The bare repositories, one per app, named by the app's id because its name may be used again by another app.</summary>
internal sealed class GitRepositories(Settings settings)
{
    // A tree's own .gitattributes must not leave files out of the source, nor rewrite them, as `git archive` would let it.
    private const string Attributes = "* -export-ignore -export-subst\n";

    private const string PreReceive = """
        #!/bin/sh
        # Gives the push to the control plane, shows its words as they come, and asks for its verdict.
        curl -q -fsN --noproxy '*' --unix-socket "$MINIPAAS_CONTROL_SOCKET" -H "Git-Object-Directory: $GIT_OBJECT_DIRECTORY" \
            -H 'Content-Type: text/plain' --data-binary @- "http://paasd/internal/pushes/$MINIPAAS_PUSH_ID" \
            --next -fs --noproxy '*' --unix-socket "$MINIPAAS_CONTROL_SOCKET" "http://paasd/internal/pushes/$MINIPAAS_PUSH_ID/verdict"
        status=$?
        case $status in
        0 | 22) ;;
        127) echo " !     The push was not deployed: curl is not installed on the server. Run install.sh again." ;;
        *) echo " !     The push was not deployed: the control plane did not answer (curl exit $status). Push again in a moment." ;;
        esac
        exit $status

        """;

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private string HooksDir => Path.Combine(settings.StateDir, "hooks");

    /// <summary>The setting that makes git run the platform's hook, for receiving a push.</summary>
    public string HooksSetting => $"core.hooksPath={HooksDir}";

    /// <summary>Path of an app's repository.</summary>
    public string PathOf(long appId) => Path.Combine(settings.Repositories, $"{appId}.git");

    /// <summary>Writes the hook that all repositories share; called once at start.</summary>
    public void InstallHook()
    {
        Directory.CreateDirectory(HooksDir);
        var path = Path.Combine(HooksDir, "pre-receive");
        var next = path + ".next";
        File.WriteAllText(next, PreReceive);
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Move(next, path, overwrite: true);
    }

    /// <summary>Makes sure that the app's repository exists and returns its path.</summary>
    public string Ensure(long appId)
    {
        var path = PathOf(appId);
        var attributes = Path.Combine(path, "info", "attributes");
        if (!File.Exists(attributes))
        {
            Repository.Init(path, isBare: true);
            Directory.CreateDirectory(Path.GetDirectoryName(attributes)!);
            File.WriteAllText(attributes, Attributes);
        }

        return path;
    }

    /// <summary>Makes a branch the one that a clone checks out, if it exists.</summary>
    public void PointHead(long appId, string branch)
    {
        using var repository = new Repository(Ensure(appId));
        var name = $"refs/heads/{branch}";
        if (repository.Refs[name] is not null && repository.Refs.Head.TargetIdentifier != name)
        {
            repository.Refs.UpdateTarget("HEAD", name);
        }
    }

    /// <summary>The newest commit of the branch that a clone checks out, or null in an empty repository.</summary>
    public CommitInfo? Head(long appId)
    {
        using var repository = new Repository(Ensure(appId));
        return repository.Head.Tip is { } tip ? new CommitInfo(tip.Sha, tip.Committer.When, tip.MessageShort) : null;
    }

    /// <summary>True while every ref of a push is where the pusher saw it; once one has moved, git will refuse the push.</summary>
    public bool AreUnmoved(long appId, IEnumerable<RefUpdate> updates)
    {
        using var repository = new Repository(Ensure(appId));
        return updates.All(update => (repository.Refs[update.Name]?.TargetIdentifier ?? RefUpdate.Nothing) == update.Old);
    }

    /// <summary>Bytes of an app's repository on disk; 0 before its first push.</summary>
    public long SizeOf(long appId)
    {
        try
        {
            return new DirectoryInfo(PathOf(appId)).EnumerateFiles("*", Everything).Sum(file => file.Length);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return 0; // not pushed to yet, or git was packing it
        }
    }

    /// <summary>Removes an app's repository.</summary>
    public void Delete(long appId)
    {
        var path = PathOf(appId);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}

/// <summary>What the platform shows of a commit.</summary>
/// <param name="Sha">40 hex digits.</param>
/// <param name="CommittedAt">Committer's time.</param>
/// <param name="Subject">First line of the message.</param>
internal sealed record CommitInfo(string Sha, DateTimeOffset CommittedAt, string Subject);
