using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace MiniPaaS.Tests.Router;

/// <summary>Bodies that fit into no memory, through the program itself.</summary>
public sealed class UploadTests
{
    private const long Gigabyte = 1 << 30;
    private const int AllowedMegabytes = 150;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_gigabyte_passes_without_staying(bool up)
    {
        await using var backend = await Backend.StartAsync(ServeAsync);
        await using var router = await SupervisedRouter.StartAsync(Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        Assert.StartsWith("HTTP/1.1 200 ", await PassAsync(router, up, 1000), StringComparison.Ordinal);
        var before = PeakMegabytes(router.Pid);
        Assert.StartsWith("HTTP/1.1 200 ", await PassAsync(router, up, Gigabyte), StringComparison.Ordinal);
        Assert.InRange(PeakMegabytes(router.Pid) - before, 0, AllowedMegabytes);
    }

    private static async Task<string> PassAsync(SupervisedRouter router, bool up, long length)
    {
        await using var visitor = await RawClient.ConnectAsync(router.Ports.Http);
        await visitor.SayAsync($"POST /{(up ? 0 : length)} HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: {(up ? length : 0)}\r\nConnection: close\r\n\r\n");
        var block = new byte[1 << 20];
        for (var left = up ? length : 0; left > 0; left -= Math.Min(left, block.Length))
        {
            await visitor.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
        }

        var head = await visitor.HearAsync("\r\n\r\n");
        var body = await CountAsync(visitor);
        Assert.Equal(up ? length.ToString(CultureInfo.InvariantCulture).Length : length, body);
        return head;
    }

    // /N answers with N bytes, /0 with the number of bytes that were sent.
    private static async Task ServeAsync(HttpContext context)
    {
        var sent = await CountAsync(context.Request.Body);
        var wanted = long.Parse(context.Request.Path.Value![1..], CultureInfo.InvariantCulture);
        context.Response.ContentLength = wanted == 0 ? null : wanted;
        if (wanted == 0)
        {
            context.Response.ContentLength = sent.ToString(CultureInfo.InvariantCulture).Length;
            await context.Response.WriteAsync(sent.ToString(CultureInfo.InvariantCulture));
        }

        var block = new byte[1 << 20];
        for (var left = wanted; left > 0; left -= Math.Min(left, block.Length))
        {
            await context.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
        }
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var (count, read, buffer) = (0L, 0, new byte[1 << 20]);
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            count += read;
        }

        return count;
    }

    private static int PeakMegabytes(int process)
        => int.Parse(File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture) / 1024;
}
