using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MiniPaaS.Bench.Load;

/// <summary>Opens connections from several loopback addresses, each answered once and then silent. Prints how many are open,
/// and holds them until stdin closes.</summary>
internal static class IdleConnections
{
    // Below what one address may open to one port with the kernel's usual range.
    private const int PerAddress = 5000;

    public static async Task RunAsync(int port, int connections)
    {
        var request = Encoding.ASCII.GetBytes("GET /small HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        var open = new List<Socket>();
        var buffer = new byte[4096];
        for (var number = 0; number < connections; number++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + (number / PerAddress))]), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(request);
            var heard = "";
            while (!heard.EndsWith("the end.\n", StringComparison.Ordinal))
            {
                var read = await HearAsync(socket, buffer);
                if (read == 0)
                {
                    Console.Error.WriteLine($"Connection {number.ToString(CultureInfo.InvariantCulture)} was closed before it was answered: {heard}");
                    return;
                }

                heard += Encoding.ASCII.GetString(buffer, 0, read);
            }

            open.Add(socket);
        }

        Console.WriteLine(open.Count(socket => !(socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0)).ToString(CultureInfo.InvariantCulture));
        await Console.In.ReadToEndAsync();
        open.ForEach(socket => socket.Dispose());
    }

    private static async Task<int> HearAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
