using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Apps;

/// <summary>One thing that a user can set about how visitors of an app are treated.</summary>
/// <param name="Name">As users write it, as in <c>https-only</c>.</param>
/// <param name="Default">Value where nothing was set.</param>
/// <param name="Description">What it does, with the unit of its value.</param>
/// <param name="Wanted">What a value must be, for the message that refuses one.</param>
/// <param name="Read">The value as it is stored, or null when it cannot be understood.</param>
internal sealed partial record RoutingRule(string Name, string Default, string Description, string Wanted, Func<string, string?> Read)
{
    public const string SessionAffinity = RoutingRuleNames.SessionAffinity;
    public const string HttpsOnly = RoutingRuleNames.HttpsOnly;
    public const string Hsts = RoutingRuleNames.Hsts;
    public const string MaxConcurrent = RoutingRuleNames.MaxConcurrent;
    public const string MaxQueued = RoutingRuleNames.MaxQueued;
    public const string RequestsPerSecond = RoutingRuleNames.RequestsPerSecond;
    public const string ClientRequestsPerSecond = RoutingRuleNames.ClientRequestsPerSecond;
    public const string Canary = RoutingRuleNames.Canary;

    private const int Million = 1_000_000;
    private const int TenYears = 10 * 365 * 86_400;

    /// <summary>All rules, in the order they are shown.</summary>
    public static readonly ImmutableArray<RoutingRule> All =
    [
        Switch(SessionAffinity, "a visitor stays at the dyno that answered him first, by a cookie"),
        Switch(HttpsOnly, "plain HTTP is redirected to HTTPS"),
        new(Hsts, "0", "seconds for which browsers use HTTPS only (Strict-Transport-Security, sent over HTTPS); 0: not sent",
            "seconds or a duration as in 30d, at most 3650d", text => Duration(text, TenYears)),
        Number(MaxConcurrent, 0, Million, "most requests under way at once, over all dynos; 0: no limit"),
        Number(MaxQueued, 1000, 100_000, "most requests that wait for one of these places, for a booting dyno or for the end of a hold"),
        Number(RequestsPerSecond, 0, Million, "most requests per second; 0: no limit"),
        Number(ClientRequestsPerSecond, 0, Million, "most requests per second of one client address; 0: no limit"),
        Number(Canary, 0, 100, "percent of the visitors that a new release gets until it is promoted; 0: all at once"),
    ];

    public static RoutingRule? Find(string name) => All.FirstOrDefault(rule => rule.Name == name);

    private static RoutingRule Switch(string name, string description) =>
        new(name, "off", description, "on or off", text => text.ToLowerInvariant() switch
        {
            "on" or "true" or "yes" or "1" => "on",
            "off" or "false" or "no" or "0" => "off",
            _ => null,
        });

    private static RoutingRule Number(string name, int fallback, int most, string description) =>
        new(name, $"{fallback}", description, $"a whole number from 0 to {most}", text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? $"{number}" : null);

    private static string? Duration(string text, int most)
    {
        var match = DurationForm().Match(text);
        if (text == "off")
        {
            return "0";
        }

        if (!match.Success || !long.TryParse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        var seconds = count * match.Groups["unit"].Value switch
        {
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => 1,
        };
        return seconds <= most ? $"{seconds}" : null;
    }

    [GeneratedRegex("^(?<count>[0-9]{1,9})(?<unit>[smhdw]?)\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DurationForm();
}
