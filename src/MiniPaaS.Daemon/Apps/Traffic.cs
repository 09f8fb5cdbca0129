using System.Collections.Immutable;
using System.Globalization;

namespace MiniPaaS.Daemon.Apps;

/// <summary>How visitors of an app are treated: mutable, not part of a release, so a change deploys nothing.</summary>
internal sealed record Traffic
{
    /// <summary>Longest hold: browsers and proxies give a request up after some minutes.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(10);

    /// <summary>What holds where nothing was set.</summary>
    public static readonly Traffic Default = new();

    /// <summary>Visitors get the maintenance page.</summary>
    public bool Maintenance { get; init; }

    /// <summary>When the last hold ends or ended; absolute, so that a restart of the daemon does not extend it.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>Whole length of that hold in seconds.</summary>
    public int HoldSeconds { get; init; }

    /// <summary>The rules that were set, by name, in the form <see cref="RoutingRule.Read"/> gives.</summary>
    public ImmutableSortedDictionary<string, string> Rules { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>True while requests are parked.</summary>
    public bool IsHeld(DateTimeOffset now) => HoldUntil > now;

    /// <summary>The value of a rule, set or not.</summary>
    public string Of(string rule) => Rules.TryGetValue(rule, out var value) ? value : RoutingRule.Find(rule)!.Default;

    public bool IsOn(string rule) => Of(rule) == "on";

    public int NumberOf(string rule) => int.Parse(Of(rule), CultureInfo.InvariantCulture);
}

/// <summary>A release that a part of the visitors gets.</summary>
/// <param name="Deployment">Deployment whose dynos serve it.</param>
/// <param name="Release">Its number.</param>
/// <param name="Percent">How many of a hundred visitors get it.</param>
internal sealed record Canary(long Deployment, int Release, int Percent);
