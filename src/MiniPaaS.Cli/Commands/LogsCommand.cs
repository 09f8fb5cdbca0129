using System.CommandLine;
using System.Globalization;
using System.Text;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

internal static class LogsCommand
{
    private const string Data = "data: ";

    public static IReadOnlyList<PaasCommand> All()
    {
        var number = new Option<int>("--num", "-n") { HelpName = "N", Description = "Lines to show (default: 100)", DefaultValueFactory = _ => 100 };
        var tail = new Option<bool>("--tail", "-t") { Description = "Keep printing new lines" };
        var dynos = new Option<string?>("--ps", "-p", "-d", "--dyno") { HelpName = "DYNO", Description = "Only this dyno or process type, as in web.1 or web" };
        var source = new Option<string?>("--source", "-s") { HelpName = "SOURCE", Description = "Only this source: app, paas (the platform), router (every request)" };
        var command = new PaasCommand(
            "logs", "Print the app's log", "paas logs", "paas logs --tail", "paas logs -n 500 --ps web.1", "paas logs --source router --tail")
        {
            number, tail, dynos, source, CommonOptions.App, CommonOptions.Json,
        }
        .Runs((session, cancellation) =>
            PrintAsync(
                session,
                new CreateLogSession(
                    session.Value(number).ToString(CultureInfo.InvariantCulture), session.Value(tail), session.Value(dynos), session.Value(source)),
                cancellation));
        return [command];
    }

    private static async Task PrintAsync(Session session, CreateLogSession wanted, CancellationToken cancellation)
    {
        if (wanted.Lines!.StartsWith('-'))
        {
            throw new PaasException("--num must be 0 or more.", ExitCodes.Usage);
        }
        var app = await session.AppAsync(cancellation);
        using var response = await session.AskAsync(api => api.LogsAsync(app, wanted, cancellation));
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var reader = new StreamReader(body, Encoding.UTF8);
            while (await reader.ReadLineAsync(cancellation) is { } text)
            {
                // A server-sent event: its other lines are for the transport.
                if (text.StartsWith(Data, StringComparison.Ordinal))
                {
                    Print(session.Out, LogLine.Parse(text[Data.Length..]));
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            throw new PaasException($"{session.Api.Server} broke off the log ({exception.Message.TrimEnd('.')}). Run the command again to go on.");
        }
        if (wanted.Tail == true)
        {
            throw new PaasException($"{session.Api.Server} ended the log: the control plane stopped or the app was destroyed. Run the command again to go on.");
        }
    }

    private static void Print(Output output, LogLine line)
    {
        if (!output.JsonLine(new LogLineOutput(line.Timestamp, line.Source, line.Dyno, line.Message), OutputJson.Default))
        {
            output.Line(output.Colour ? line.Coloured() : line.Text);
        }
    }
}
