using System.CommandLine;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;

namespace MiniPaaS.Cli;

/// <summary>What one run of a command works with; everything is made when it is first needed.</summary>
internal sealed class Session(ParseResult parse) : IDisposable
{
    private ClientSettings? _settings;
    private PaasApi? _api;

    public Output Out { get; } = new(parse.GetResult(CommonOptions.Json) is not null && parse.GetValue(CommonOptions.Json));

    public ClientSettings Settings => _settings ??= ClientSettings.Load();

    public PaasApi Api => _api ??= new PaasApi(Settings.Server, Settings.Token ?? throw NotLoggedIn());

    public ParseResult Parse => parse;

    public T? Value<T>(Option<T> option) => parse.GetValue(option);

    public T? Value<T>(Argument<T> argument) => parse.GetValue(argument);

    /// <summary>Name of the app the command is about.</summary>
    public Task<string> AppAsync(CancellationToken cancellation) =>
        AppFinder.FindAsync(parse.GetValue(CommonOptions.App), Settings.Server, cancellation);

    /// <summary>Does something that may take a while, saying what is waited for.</summary>
    public async Task<T> WaitAsync<T>(string what, Func<StatusLine, Task<T>> work)
    {
        await using var status = new StatusLine(Out, what);
        return await work(status);
    }

    /// <summary>Asks the server for data.</summary>
    public Task<T> AskAsync<T>(Func<PaasApi, Task<T>> question)
    {
        var api = Api;
        return WaitAsync($"Asking {api.Server}", _ => question(api));
    }

    public void Dispose()
    {
        _api?.Dispose();
        Out.Dispose();
    }

    private PaasException NotLoggedIn() =>
        new($"Not logged in to {Settings.Server}. Run `paas login --server {Settings.Server}`, or set PAAS_TOKEN.");
}
