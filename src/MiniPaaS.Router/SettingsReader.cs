using System.Collections.Immutable;
using System.Net;

namespace MiniPaaS.Router;

/// <summary>Reads settings from variables and keeps the first thing that is wrong with them, in a sentence for the operator.</summary>
internal sealed class SettingsReader(Func<string, string?> variable)
{
    /// <summary>What is wrong, or null so far.</summary>
    public string? Problem { get; private set; }

    public string Text(string name, string fallback) => variable(name) is { Length: > 0 } text ? text : fallback;

    public int Number(string name, int fallback, int least, int most)
    {
        var text = Text(name, "");
        if (text.Length == 0)
        {
            return fallback;
        }

        if (!int.TryParse(text, out var number) || number < least || number > most)
        {
            Problem ??= $"{name} is '{text}'; set it to a number from {least} to {most}.";
        }

        return number;
    }

    public ImmutableArray<IPNetwork> Networks(string name)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in Text(name, "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var wanted = text.Contains('/') ? text : $"{text}/{(text.Contains(':') ? 128 : 32)}";
            if (IPNetwork.TryParse(wanted, out var network))
            {
                networks.Add(network);
            }
            else
            {
                Problem ??= $"{name} has '{text}'; give addresses and networks, as in 10.0.0.7,192.168.0.0/16,fd00::/8.";
            }
        }

        return networks.ToImmutable();
    }
}
