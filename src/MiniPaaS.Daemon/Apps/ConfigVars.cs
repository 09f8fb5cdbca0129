using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Apps;

/// <summary>A value that must not reach a log by accident: only <see cref="Reveal"/> gives it.</summary>
internal readonly record struct Secret(string Value)
{
    private string Value { get; } = Value;

    public string Reveal() => Value;

    public override string ToString() => "[redacted]";
}

/// <summary>The config vars of one release: immutable, every change makes a new set.</summary>
internal sealed partial class ConfigVars
{
    public static readonly ConfigVars Empty = new(ImmutableSortedDictionary.Create<string, Secret>(StringComparer.Ordinal));

    private readonly ImmutableSortedDictionary<string, Secret> values;

    private ConfigVars(ImmutableSortedDictionary<string, Secret> values) => this.values = values;

    public IEnumerable<KeyValuePair<string, Secret>> Values => values;

    public int Count => values.Count;

    /// <summary>The value of a var, or null when it is not set.</summary>
    public Secret? Find(string name) => values.TryGetValue(name, out var value) ? value : null;

    public static ConfigVars From(IEnumerable<KeyValuePair<string, string>> revealed) =>
        new(revealed.ToImmutableSortedDictionary(v => v.Key, v => new Secret(v.Value), StringComparer.Ordinal));

    public ImmutableSortedDictionary<string, string> Reveal() =>
        values.ToImmutableSortedDictionary(v => v.Key, v => v.Value.Reveal(), StringComparer.Ordinal);

    /// <summary>Sets the vars that have a value and removes those whose value is null; the result equals this when nothing changes.</summary>
    public ConfigVars With(IReadOnlyDictionary<string, string?> changes)
    {
        var next = values.ToBuilder();
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                next.Remove(name);
            }
            else
            {
                next[name] = new Secret(value);
            }
        }

        return new ConfigVars(next.ToImmutable());
    }

    public bool SameAs(ConfigVars other) => values.SequenceEqual(other.values);

    /// <summary>Says why a var cannot be set, or null: names are those a shell can export, values hold no NUL (execve's limit).</summary>
    public static string? Reject(string name, string? value)
    {
        if (!Name().IsMatch(name))
        {
            return $"\"{name}\" cannot be the name of a config var: use letters, digits and underscores, and do not start with a digit.";
        }

        if (value is null)
        {
            return null;
        }

        return value.Contains('\0', StringComparison.Ordinal) ? $"The value of {name} holds a NUL character, which no process can be given."
            : value.Length > 32 * 1024 ? $"The value of {name} is longer than 32 KB (32768 characters)."
            : null;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,255}\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
