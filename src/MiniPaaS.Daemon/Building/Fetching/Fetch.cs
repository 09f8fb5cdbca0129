namespace MiniPaaS.Daemon.Building.Fetching;

/// <summary>One fetch: its programs run as the dyno user, see an empty directory of their own, and reach the network through its proxy.</summary>
internal sealed class Fetch : IAsyncDisposable
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly CancellationTokenSource ended;
    private readonly PackSettings settings;
    private readonly CancellationToken outer;

    public Fetch(Settings settings, CancellationToken ct)
    {
        this.settings = settings.Packs;
        outer = ct;
        ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ended.CancelAfter(settings.Packs.Time);
        Proxy = new FetchProxy(settings.Packs);
        Directory.CreateDirectory(settings.Fetches, Passable);
        Work = Path.Combine(settings.Fetches, Guid.NewGuid().ToString("N"));
        DynoUser.CreateDirectory(Work);
    }

    /// <summary>Directory of the dyno user's that goes with the fetch.</summary>
    public string Work { get; }

    public FetchProxy Proxy { get; }

    /// <summary>Ends what runs when the time is up.</summary>
    public CancellationToken Token => ended.Token;

    /// <summary>Bytes that what is fetched may have.</summary>
    public long Size => settings.Size;

    /// <summary>Starts a program in the directory.</summary>
    public HostProcess Start(params IReadOnlyList<string> command) => StartIn(Work, command);

    /// <summary>Starts a program in a directory: it may not write files without end.</summary>
    public HostProcess StartIn(string directory, params IReadOnlyList<string> command) =>
        DynoUser.Start(directory, Environment(), ["prlimit", $"--fsize={Size}", "--core=0", "--", .. command]);

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    /// <exception cref="HostProcessException">It failed.</exception>
    public async Task<byte[]> RunAsync(params IReadOnlyList<string> command)
    {
        await using var program = Start(command);
        program.Input.Close();
        var output = new MemoryStream();
        await CopyAsync(program.Output, output, "its answer");
        await program.EnsureSuccessAsync(Token);
        return output.ToArray();
    }

    /// <summary>Copies a stream up to the limit of size.</summary>
    /// <exception cref="FetchException">There is more.</exception>
    public async Task CopyAsync(Stream from, Stream to, string what)
    {
        var buffer = new byte[128 * 1024];
        var copied = 0L;
        for (int read; (read = await from.ReadAsync(buffer, Token)) > 0;)
        {
            copied += read;
            if (copied > Size)
            {
                throw new FetchException($"{what} has more than {ByteSize.Format(Size)}, which is the most that is fetched.");
            }

            await to.WriteAsync(buffer.AsMemory(0, read), Token);
        }
    }

    /// <summary>Carries a piece of the work out and words its failure.</summary>
    /// <exception cref="FetchException">It failed.</exception>
    public async Task<T> AttemptAsync<T>(string host, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !outer.IsCancellationRequested)
        {
            throw new FetchException(Proxy.Failure ?? $"{host} did not deliver it within {settings.Time.TotalSeconds:0} seconds.");
        }
        catch (HostProcessException e)
        {
            throw new FetchException(Proxy.Failure ?? Words(host, e.Errors));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await BuildDirectories.RemoveAsync(Work, CancellationToken.None);
        ended.Dispose();
    }

    private Dictionary<string, string> Environment() => new(StringComparer.Ordinal)
    {
        ["ALL_PROXY"] = Proxy.Address,
        ["HOME"] = "/",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_ASKPASS"] = "/bin/false",
        ["GIT_ALLOW_PROTOCOL"] = "http:https",
    };

    // git says the cause first and then what it could not do without it.
    private static string Words(string host, string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var cause = lines.FirstOrDefault(line => line.StartsWith("fatal: ", StringComparison.Ordinal) || line.StartsWith("error: ", StringComparison.Ordinal))
            ?? lines.LastOrDefault() ?? "it gave no reason";
        return errors.Contains("could not read Username", StringComparison.Ordinal) || errors.Contains("Authentication failed", StringComparison.Ordinal)
            ? $"{host} asks for a password: the repository does not exist, or is private. One that is private needs https://USER:TOKEN@{host}/..."
            : $"{host} answered: {PackReferences.Redacted(cause)}";
    }
}
