using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Router;

/// <summary>gRPC: HTTP/2 from end to end, both directions at once, and a status in the trailers.</summary>
public sealed class GrpcTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Messages_pass_both_ways_as_they_come_and_the_status_arrives_in_the_trailers()
    {
        await using var backend = await Backend.StartAsync(EchoAsync, protocols: HttpProtocols.Http2);
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        var pipe = new Pipe();
        using var call = Call(router, "application/grpc+proto", new Streamed(pipe.Reader));

        var answering = router.Http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead);
        await pipe.Writer.WriteAsync("one"u8.ToArray());
        using var answer = await answering.WaitAsync(Deadline);
        await using var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("one", await HearAsync(body));
        await pipe.Writer.WriteAsync("two"u8.ToArray());
        Assert.Equal("two", await HearAsync(body));
        await pipe.Writer.CompleteAsync();
        Assert.Equal("", await HearAsync(body));

        Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Contains(" status=200 bytes=6 ", await router.LogLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_without_a_message_arrives_too()
    {
        await using var backend = await Backend.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.AppendTrailer("grpc-status", "5");
                return Task.CompletedTask;
            },
            protocols: HttpProtocols.Http2);
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var call = Call(router, "application/grpc", new ByteArrayContent([0]));
        using var answer = await router.Http.SendAsync(call).WaitAsync(Deadline);
        Assert.Equal("5", answer.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Everything_else_over_http2_reaches_the_dyno_over_http1()
    {
        await using var backend = await Backend.StartAsync(context => context.Response.WriteAsync(context.Request.Protocol));
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", backend.Address)));
        using var call = Call(router, "application/grpcish", new ByteArrayContent([0]));
        using var answer = await router.Http.SendAsync(call).WaitAsync(Deadline);
        Assert.Equal("HTTP/1.1", await answer.Content.ReadAsStringAsync());
    }

    private static HttpRequestMessage Call(TestRouter router, string type, HttpContent content)
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var call = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{router.Port}/echo.Echo/Say")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        call.Headers.Host = "shop.localhost";
        call.Headers.TE.ParseAdd("trailers");
        return call;
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType;
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.StartAsync();
        var buffer = new byte[100];
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task<string> HearAsync(Stream body)
    {
        using var limit = new CancellationTokenSource(Deadline);
        var buffer = new byte[100];
        return Encoding.UTF8.GetString(buffer, 0, await body.ReadAsync(buffer, limit.Token));
    }

    /// <summary>A request body that is sent as it is written.</summary>
    private sealed class Streamed(PipeReader source) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // The headers go out before the first message.
            await stream.FlushAsync();
            while (await source.ReadAsync() is { Buffer: { IsEmpty: false } buffer })
            {
                await stream.WriteAsync(buffer.First);
                await stream.FlushAsync();
                source.AdvanceTo(buffer.GetPosition(buffer.First.Length));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
