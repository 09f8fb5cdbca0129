using System.Diagnostics;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>Waits for conditions that come true on their own.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);

    public static Task HoldsAsync(string what, Func<bool> condition) => HoldsAsync(what, () => Task.FromResult(condition()));

    /// <summary>Fails with the words given when the condition is not true within three minutes: far longer than a busy machine needs.</summary>
    public static async Task HoldsAsync(string what, Func<Task<bool>> condition)
    {
        for (var start = Stopwatch.GetTimestamp(); !await condition();)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline, $"Not within {Deadline.TotalSeconds:0} s: {what}");
            await Task.Delay(50);
        }
    }

    /// <summary>The first value that satisfies the condition; fails with the last one otherwise.</summary>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T>> read, Predicate<T> condition)
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            var value = await read();
            if (condition(value))
            {
                return value;
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline, $"Not within {Deadline.TotalSeconds:0} s: {what}; the last value was: {value}");
            await Task.Delay(50);
        }
    }
}
