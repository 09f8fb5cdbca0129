using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>Slugs out of the platform and into it.</summary>
internal static class SlugTransferCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Export(), Import()];

    private static PaasCommand Export()
    {
        var slug = new Argument<string>("SLUG") { Description = "A release, as in v7, or the beginning of a slug's id" };
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "File to write; default: standard output" };
        return new PaasCommand(
            "slugs:export",
            "Write a slug as an image archive that `docker load` accepts and that runs anywhere",
            "paas slugs:export v7 > myapp.tar",
            "paas slugs:export v7 -o myapp.tar && docker load -i myapp.tar && docker run -p 5000:5000 minipaas/myapp:v7")
        {
            slug, output, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var file = session.Value(output);
            if (file is null && session.Out.Terminal)
            {
                throw new PaasException("An archive is nothing for a terminal. Redirect it (> FILE), or name a file with --output.", ExitCodes.Usage);
            }
            if (file is null && session.Out.WantsJson)
            {
                throw new PaasException("With --json the archive needs a place of its own: name a file with --output.", ExitCodes.Usage);
            }
            var app = await session.AppAsync(cancellation);
            var name = session.Value(slug)!;
            await session.WaitAsync($"Exporting {name} of {app}", async status =>
            {
                using var response = await session.Api.ExportSlugAsync(app, name, cancellation);
                await using var archive = await response.Content.ReadAsStreamAsync(cancellation);
                await CopyAsync(archive, file, status, cancellation);
                return name;
            });
            if (file is not null)
            {
                session.Out.Json(new ExportOutput(app, name, Path.GetFullPath(file), new FileInfo(file).Length), OutputJson.Default);
            }
        });
    }

    private static async Task CopyAsync(Stream archive, string? file, StatusLine status, CancellationToken cancellation)
    {
        // A file is complete or not there.
        var incomplete = file is null ? null : $"{file}.incomplete";
        try
        {
            await using (Stream target = incomplete is null ? new StandardOutput() : File.Create(incomplete))
            {
                var buffer = new byte[256 * 1024];
                var (total, shown) = (0L, 0L);
                for (int read; (read = await archive.ReadAsync(buffer, cancellation)) > 0;)
                {
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                    total += read;
                    if (total - shown > 64 << 20)
                    {
                        status.Step(ByteSize.Of(total));
                        shown = total;
                    }
                }
            }
            if (incomplete is not null)
            {
                File.Move(incomplete, file!, overwrite: true);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            throw new PaasException($"The archive was cut off ({exception.Message.TrimEnd('.')}). Run the command again; the server's log says more.");
        }
        finally
        {
            if (incomplete is not null)
            {
                File.Delete(incomplete);
            }
        }
    }

    private static PaasCommand Import()
    {
        var file = new Argument<string>("FILE") { Description = "Archive written by slugs:export; - for standard input" };
        return new PaasCommand(
            "slugs:import", "Make a slug of an exported one and release it", "paas slugs:import myapp.tar", "ssh other paas slugs:export v7 | paas slugs:import -")
        {
            file, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var app = await session.AppAsync(cancellation);
            var path = session.Value(file)!;
            await using var archive = path == "-" ? Console.OpenStandardInput() : Open(path);
            var what = $"Importing {(path == "-" ? "a slug" : Path.GetFileName(path))} into {app}";
            var (slug, deployment) = await session.WaitAsync(what, async status =>
            {
                var made = await session.Api.ImportSlugAsync(app, archive, cancellation);
                return (made, await DeploymentWatch.FollowAsync(session.Api, app, made.Releases[^1], status, cancellation));
            });
            if (!session.Out.Json(slug, ProtocolJson.Default))
            {
                session.Out.Line($"{what}... {ConfigCommands.Outcome(deployment)}");
            }
        });
    }

    private static FileStream Open(string path) => File.Exists(path)
        ? File.OpenRead(path)
        : throw new PaasException($"There is no file {path}.", ExitCodes.Usage);
}
