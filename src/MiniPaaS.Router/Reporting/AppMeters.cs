namespace MiniPaaS.Router.Reporting;

/// <summary>Counts of one app since the router started. Written by every request, read by whoever asks for metrics.</summary>
internal sealed class AppMeters
{
    /// <summary>Upper bounds of the classes of service times, in seconds; one more class is above them all.</summary>
    public static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly long[] byClass = new long[6];
    private readonly long[] byTime = new long[Bounds.Length + 1];
    private long bytes;
    private long microseconds;

    /// <summary>Bytes of response bodies sent.</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Sum of all service times.</summary>
    public TimeSpan Time => TimeSpan.FromMicroseconds(Volatile.Read(ref microseconds));

    public bool HasAny => byTime.Any(count => count > 0);

    /// <summary>Requests answered with a status of 1xx (upgraded) to 5xx.</summary>
    public long OfClass(int hundreds) => Volatile.Read(ref byClass[hundreds]);

    /// <summary>Requests whose service time fell into a class of <see cref="Bounds"/>.</summary>
    public long OfTime(int index) => Volatile.Read(ref byTime[index]);

    public void Add(int status, long sent, TimeSpan service)
    {
        var took = (long)service.TotalMicroseconds;
        Interlocked.Increment(ref byClass[Math.Clamp(status / 100, 1, 5)]);
        Interlocked.Increment(ref byTime[ClassOf(took)]);
        Interlocked.Add(ref bytes, sent);
        Interlocked.Add(ref microseconds, took);
    }

    private static int ClassOf(long microseconds)
    {
        var index = 0;
        while (index < Bounds.Length && microseconds > Bounds[index] * 1_000_000)
        {
            index++;
        }

        return index;
    }
}
