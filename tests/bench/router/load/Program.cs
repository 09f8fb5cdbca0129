// What h2load cannot do, for tests/bench/router.
//   router-load connections HTTP|HTTPS PORT PATH RATE SECONDS   a new connection per request, RATE a second
//   router-load connections HTTP|HTTPS PORT PATH x16 SECONDS    the same as fast as 16 clients can
//   router-load flips SOCKET APPS COUNT ADDRESS                 changes of routes over a router's admin socket
//   router-load idle PORT CONNECTIONS                           kept-alive connections, held until stdin closes
using System.Globalization;
using MiniPaaS.Bench.Load;

switch (args)
{
    case ["connections", var scheme, var port, var path, ['x', .. var clients], var seconds]:
        await new NewConnections(scheme == "https", Number(port), path).ClosedAsync(Number(clients), TimeSpan.FromSeconds(Number(seconds)));
        return 0;
    case ["connections", var scheme, var port, var path, var rate, var seconds]:
        await new NewConnections(scheme == "https", Number(port), path).OpenAsync(Number(rate), TimeSpan.FromSeconds(Number(seconds)));
        return 0;
    case ["flips", var socket, var apps, var count, var address]:
        await Flips.RunAsync(socket, Number(apps), Number(count), address);
        return 0;
    case ["idle", var port, var connections]:
        await IdleConnections.RunAsync(Number(port), Number(connections));
        return 0;
    default:
        Console.Error.WriteLine("Usage: see the head of tests/bench/router/load/Program.cs");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
