using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli.Commands;

internal static class AccountCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Login(), Logout()];

    private static PaasCommand Login()
    {
        var server = new Option<string?>("--server") { HelpName = "URL", Description = "Control plane (default: $PAAS_SERVER, the last one, then http://paas.localhost)" };
        var token = new Option<string?>("--token") { HelpName = "TOKEN", Description = "Token; without this option it is asked for, or read from standard input" };
        return new PaasCommand("login", "Log in to a server with a token", "paas login", "paas login --server http://paas.example.com < token.txt")
        {
            server, token, CommonOptions.Json,
        }
        .Also("auth:login")
        .Runs(async (session, cancellation) =>
        {
            var address = ClientSettings.Parse(session.Value(server), "--server") ?? session.Settings.Server;
            var secret = (session.Value(token) ?? await AskTokenAsync(address, cancellation)).Trim();
            if (secret.Length == 0 || secret.Any(letter => letter is <= ' ' or > '~'))
            {
                throw new PaasException("That is not a token: a token is one word of ASCII letters and digits.", ExitCodes.Usage);
            }
            await LogInAsync(session, address, secret, cancellation);
        });
    }

    private static async Task<string> AskTokenAsync(ServerAddress server, CancellationToken cancellation) => Prompt.Possible
        ? await Prompt.SecretAsync($"Token for {server}:", cancellation)
        : await Console.In.ReadLineAsync(cancellation) ?? "";

    private static async Task LogInAsync(Session session, ServerAddress server, string token, CancellationToken cancellation)
    {
        using var api = new PaasApi(server, token);
        var platform = await session.WaitAsync($"Logging in to {server}", async _ => await api.PlatformAsync(cancellation));
        ClientSettings.Save(server, token);
        if (!session.Out.Json(new LoginOutput(server.ToString(), platform.Version, platform.Domain), OutputJson.Default))
        {
            session.Out.Line($"Logged in to {server} (MiniPaaS {Printable.Cell(platform.Version)})");
        }
    }

    private static PaasCommand Logout() => new PaasCommand("logout", "Forget the token of the server", "paas logout")
    .Also("auth:logout")
    .Runs((session, _) =>
    {
        ClientSettings.Save(session.Settings.Server, null);
        session.Out.Line($"Logged out of {session.Settings.Server}");
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PAAS_TOKEN")))
        {
            session.Out.Note("PAAS_TOKEN is still set and stays in force.");
        }
        return Task.CompletedTask;
    });
}
