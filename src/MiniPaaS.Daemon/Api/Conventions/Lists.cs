using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>Answers with lists, whole or in parts.</summary>
internal static class Lists
{
    /// <summary>The part of a short list that the request asks for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="items">All of it, in its own order.</param>
    /// <param name="type">How it looks in JSON.</param>
    /// <param name="fields">What it can be ordered by, its own order first, and the value by which an item is found again.</param>
    public static IResult Of<T>(
        HttpContext context, ImmutableArray<T> items, JsonTypeInfo<ImmutableArray<T>> type, params ReadOnlySpan<(string Field, Func<T, string> Key)> fields)
    {
        var all = fields.ToArray();
        if (!ListRange.TryParse(context.Request.Headers.Range, [.. all.Select(field => field.Field)], out var range, out var error))
        {
            return ApiResults.NoSuchRange(error);
        }

        var key = all.First(field => field.Field == range.Field).Key;
        IEnumerable<T> ordered = range.Field == all[0].Field ? items : items.OrderBy(key, StringComparer.Ordinal);
        if (range.Descending)
        {
            ordered = ordered.Reverse();
        }

        var found = Between([.. ordered], key, range);
        return Part([.. found.Take(range.Max)], found.Count > range.Max, range, type, key, [.. all.Select(field => field.Field)]);
    }

    /// <summary>A part of a list that the database has cut out of it already.</summary>
    /// <param name="items">The part.</param>
    /// <param name="more">True when there is more after it.</param>
    /// <param name="range">What was asked for.</param>
    /// <param name="type">How it looks in JSON.</param>
    /// <param name="key">Value by which an item is found again.</param>
    /// <param name="fields">What the list can be ordered by.</param>
    public static IResult Part<T>(
        ImmutableArray<T> items, bool more, ListRange range, JsonTypeInfo<ImmutableArray<T>> type, Func<T, string> key, IReadOnlyList<string> fields) =>
        new JsonAnswer<ImmutableArray<T>>(items, type, StatusCodes.Status200OK)
        {
            AcceptRanges = string.Join(", ", fields),
            ContentRange = items.IsEmpty ? null : $"{range.Field} {key(items[0])}..{key(items[^1])}",
            NextRange = more ? range.After(key(items[^1])) : null,
        };

    // A value that is not there (any more) begins the list anew rather than losing what comes after it.
    private static List<T> Between<T>(List<T> items, Func<T, string> key, ListRange range)
    {
        var first = range.Start is { } start ? Math.Max(0, items.FindIndex(item => key(item) == start) + (range.Exclusive ? 1 : 0)) : 0;
        var last = range.End is { } end ? items.FindIndex(item => key(item) == end) : -1;
        return items[first..(last < first ? items.Count : last + 1)];
    }
}
