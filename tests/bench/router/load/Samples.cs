using System.Globalization;

namespace MiniPaaS.Bench.Load;

/// <summary>Durations that were measured, in milliseconds.</summary>
internal sealed class Samples
{
    private readonly Lock gate = new();
    private readonly List<double> values = [];

    public int Count => values.Count;

    public void Add(TimeSpan duration)
    {
        lock (gate)
        {
            values.Add(duration.TotalMilliseconds);
        }
    }

    /// <summary>The value that a part of all samples does not exceed; 0 without samples.</summary>
    public string Percentile(double part)
    {
        lock (gate)
        {
            values.Sort();
            var value = values.Count == 0 ? 0 : values[Math.Min(values.Count - 1, (int)(values.Count * part))];
            return value.ToString("0.000", CultureInfo.InvariantCulture);
        }
    }
}
