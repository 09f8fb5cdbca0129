using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.Bench.Load;

/// <summary>Moves apps to a new release, one after the other, as the control plane does. Prints <c>flips p50-ms p99-ms most-ms</c>,
/// each from the first byte sent on the admin socket to the acknowledgement.</summary>
internal static class Flips
{
    public static async Task RunAsync(string socket, int apps, int count, string address)
    {
        using var router = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://router"),
        };
        var times = new Samples();
        for (var number = 0; number < count; number++)
        {
            var app = (number * 7919 % apps) is var index && index == 0 ? "shop" : $"app{index.ToString(CultureInfo.InvariantCulture)}";
            var version = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
            using var route = new StringContent($$"""
                {"app":"{{app}}","version":{{version}},"release":2,"hosts":["{{app}}.localhost"],"mode":"serve",
                 "targets":[{"id":"{{app}}-{{version}}","address":"{{address}}","dyno":"web.1"}]}
                """, Encoding.UTF8, "application/json");
            var start = Stopwatch.GetTimestamp();
            using var answer = await router.PutAsync(new Uri($"/apps/{app}", UriKind.Relative), route);
            var taken = Stopwatch.GetElapsedTime(start);
            answer.EnsureSuccessStatusCode();

            // The first ones are the compiler's.
            if (number >= count / 10)
            {
                times.Add(taken);
            }
        }

        Console.WriteLine($"{times.Count.ToString(CultureInfo.InvariantCulture)} {times.Percentile(0.5)} {times.Percentile(0.99)} {times.Percentile(1)}");
    }
}
