using System.Collections.Immutable;
using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>A push without git.</summary>
internal static class DeployCommand
{
    private static readonly Option<string?> Directory = new("--dir") { HelpName = "PATH", Description = "Deploy a directory: what git would take of it (default: the current one)" };
    private static readonly Option<string?> Archive = new("--archive") { HelpName = "FILE", Description = "Deploy a tar archive of source or of an image: a file, an address, or - for standard input" };
    private static readonly Option<string?> Image = new("--image") { HelpName = "REF", Description = "Deploy an image that the server's Docker Engine has or can pull" };
    private static readonly Option<string?> Label = new("--message", "--ref", "-m") { HelpName = "TEXT", Description = "What the release is named after, as a version or commit" };
    private static readonly Option<string[]> Process = new("--process") { HelpName = "TYPE=COMMAND", Description = "Command of a process type of an image; may be given several times" };

    public static IReadOnlyList<PaasCommand> All() => [Deploy()];

    private static PaasCommand Deploy() => new PaasCommand(
        "deploy",
        "Deploy without git: a directory, an archive, or an image",
        "paas deploy",
        "paas deploy --dir build/site -m v1.4",
        "paas deploy --archive https://example.org/app-1.4.tar.gz",
        "paas deploy --image nginxinc/nginx-unprivileged:1.27 --process worker=./work")
    {
        Directory, Archive, Image, Label, Process, CommonOptions.App, CommonOptions.Json,
    }
    .Runs(async (session, cancellation) =>
    {
        if (new[] { session.Value(Directory), session.Value(Archive), session.Value(Image) }.Count(source => source is not null) > 1)
        {
            throw new PaasException("--dir, --archive and --image exclude each other.", ExitCodes.Usage);
        }
        var processes = Processes(session.Value(Process) ?? []);
        if (processes.Count > 0 && session.Value(Image) is null)
        {
            throw new PaasException("--process is for --image. Source says how it is started in its Procfile.", ExitCodes.Usage);
        }
        var app = await session.AppAsync(cancellation);
        try
        {
            Report(session, await DeployAsync(session, app, processes, cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new PaasException($"Stopped. What was not released yet is given up; see `paas releases -a {app}`.", ExitCodes.Interrupted);
        }
    });

    private static void Report(Session session, DeployInfo result)
    {
        session.Out.Json(result, ProtocolJson.Default);
        if (!result.Succeeded)
        {
            throw new PaasException($"{result.App} was not deployed; the lines above say why.");
        }
    }

    private static Task<DeployInfo> DeployAsync(
        Session session, string app, ImmutableSortedDictionary<string, string> processes, CancellationToken cancellation)
    {
        if (session.Value(Image) is { } image)
        {
            return RequestAsync(session, app, new DeployRequest { Image = image, Processes = processes }, $"Deploying {image} to {app}", cancellation);
        }
        return session.Value(Archive) switch
        {
            null => DirectoryAsync(session, app, session.Value(Directory) ?? ".", cancellation),
            var url when url.StartsWith("http://", StringComparison.Ordinal) || url.StartsWith("https://", StringComparison.Ordinal) =>
                RequestAsync(session, app, new DeployRequest { Url = url }, $"Deploying {url} to {app}", cancellation),
            "-" => SendAsync(session, app, "standard input", new StreamContent(Console.OpenStandardInput()), unwrap: true, cancellation),
            var file when File.Exists(file) => SendAsync(session, app, Path.GetFileName(file), new StreamContent(File.OpenRead(file)), unwrap: true, cancellation),
            var file => throw new PaasException($"There is no file {file}.", ExitCodes.Usage),
        };
    }

    private static async Task<DeployInfo> DirectoryAsync(Session session, string app, string directory, CancellationToken cancellation)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw new PaasException($"There is no directory {directory}.", ExitCodes.Usage);
        }
        var files = await SourceFiles.ListAsync(directory, cancellation);
        var name = Path.GetFileName(Path.GetFullPath(directory).TrimEnd('/'));
        await using var sending = new StatusLine(session.Out, $"Sending {files.Count} files of {name} to {app}");
        var shown = 0L;
        using var content = new WrittenContent(new SourceArchive(directory, files, Sent).WriteAsync);
        return await SendAsync(session, app, content, unwrap: false, sending, cancellation);

        void Sent(long bytes)
        {
            if (bytes - shown > 16 << 20)
            {
                sending.Step(ByteSize.Of(bytes));
                shown = bytes;
            }
        }
    }

    private static async Task<DeployInfo> SendAsync(
        Session session, string app, string what, StreamContent content, bool unwrap, CancellationToken cancellation)
    {
        using (content)
        {
            await using var sending = new StatusLine(session.Out, $"Sending {what} to {app}");
            return await SendAsync(session, app, content, unwrap, sending, cancellation);
        }
    }

    private static Task<DeployInfo> SendAsync(
        Session session, string app, HttpContent content, bool unwrap, StatusLine sending, CancellationToken cancellation) =>
        session.Api.DeployAsync(app, content, session.Value(Label), unwrap, sending.End, line => Say(session, line), cancellation);

    private static async Task<DeployInfo> RequestAsync(Session session, string app, DeployRequest request, string what, CancellationToken cancellation)
    {
        await using var asking = new StatusLine(session.Out, what);
        return await session.Api.DeployAsync(
            app, request with { Label = session.Value(Label) }, asking.End, line => Say(session, line), cancellation);
    }

    // What is asked for as JSON is one value: everything else goes where notes go.
    private static void Say(Session session, string line)
    {
        if (session.Out.WantsJson)
        {
            session.Out.Note(line);
        }
        else
        {
            session.Out.Line(Printable.Text(line));
        }
    }

    private static ImmutableSortedDictionary<string, string> Processes(IEnumerable<string> texts)
    {
        var processes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } type, { Length: > 0 } command])
            {
                throw new PaasException($"\"{text}\" is not of the form TYPE=COMMAND, as in 'worker=bundle exec sidekiq'.", ExitCodes.Usage);
            }
            processes[type] = command;
        }
        return processes.ToImmutable();
    }
}
