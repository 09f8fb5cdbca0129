using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using MiniPaaS.Protocol;
using MiniPaaS.Router;
using MiniPaaS.Router.Listening;
using MiniPaaS.Router.Reporting;
using MiniPaaS.Router.Routing;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace MiniPaaS.Tests.Router;

/// <summary>Words for routes.</summary>
internal static class Make
{
    public const string BootId = "6f1c0e9e-0000-4000-8000-000000000001";

    public static AppRoute Route(string app, long version, params RouteTarget[] targets)
        => new(app, version, (int)version, [$"{app}.localhost"], RouteMode.Serve, [.. targets]);

    public static RouteTarget Target(string id, string address) => new(id, address, "web.1");

    public static RouteSnapshot Snapshot(params AppRoute[] apps) => new(BootId, [.. apps]);

    /// <summary>An address that refuses connections.</summary>
    public static string DeadAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}

/// <summary>A real router on a free port, with directories of its own.</summary>
internal sealed class TestRouter : IAsyncDisposable
{
    private readonly WebApplication router;
    private readonly HttpClient admin;
    private StreamReader? requestLog;
    private bool stopped;

    private TestRouter(RouterSettings settings, WebApplication router, HttpClient admin)
    {
        Settings = settings;
        this.router = router;
        this.admin = admin;
        Ports = [.. router.Services.GetRequiredService<FrontDoor>().EndPoints.Select(endPoint => endPoint.Port)];
        Meters = router.Services.GetRequiredService<RouterMeters>();
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{Port}"),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public RouterSettings Settings { get; }

    public HttpClient Http { get; }

    /// <summary>The first public port.</summary>
    public int Port => Ports[0];

    public ImmutableArray<int> Ports { get; }

    public RouterMeters Meters { get; }

    public static RouterSettings NewSettings() => new()
    {
        HttpPort = 0,
        LameDuck = TimeSpan.Zero,
        StateDir = Directory.CreateTempSubdirectory("mp-").FullName,
        RunDir = Directory.CreateTempSubdirectory("mp-").FullName,
        Domain = "localhost",
        BootId = Make.BootId,
    };

    public static async Task<TestRouter> StartAsync(RouterSettings? settings = null, params AppRoute[] apps)
    {
        settings ??= NewSettings();
        var host = RouterHost.Build(settings);
        await host.StartAsync();
        var started = new TestRouter(settings, host, AdminClient(settings.AdminSocket));
        if (apps.Length > 0)
        {
            await started.PutAsync("/routes", Make.Snapshot(apps));
        }

        return started;
    }

    /// <summary>Sends to an app by its host.</summary>
    public Task<HttpResponseMessage> SendAsync(
        string host, string path = "/", HttpMethod? method = null, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Content = content };
        request.Headers.Host = host;
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<string> TextAsync(string host, string path = "/")
    {
        using var answer = await SendAsync(host, path);
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task PutAsync<T>(string path, T body)
    {
        using var answer = await TryPutAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> TryPutAsync<T>(string path, T body)
        => admin.PutAsync(path, new StringContent(JsonSerializer.Serialize(body, typeof(T), ProtocolJson.Default), Encoding.UTF8, "application/json"));

    public Task PutAppAsync(AppRoute route) => PutAsync($"/apps/{route.App}", route);

    public Task<HttpResponseMessage> DeleteAsync(string path) => admin.DeleteAsync(path);

    public async Task<T> GetAsync<T>(string path)
        => (T)JsonSerializer.Deserialize(await admin.GetStringAsync(path), typeof(T), ProtocolJson.Default)!;

    public Task<string> MetricsAsync() => admin.GetStringAsync("/metrics");

    /// <summary>The next line of the request log.</summary>
    public async Task<string> LogLineAsync()
    {
        requestLog ??= new StreamReader(await admin.GetStreamAsync("/log"));
        return (await requestLog.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)))!;
    }

    public Task<DrainStatus> DrainedAsync(string target, int wait = 20_000) => GetAsync<DrainStatus>($"/targets/{target}/drained?wait={wait}");

    /// <summary>Stops the router and leaves its directories.</summary>
    public async Task StopAsync()
    {
        if (!stopped)
        {
            stopped = true;
            await router.StopAsync();
            await router.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        requestLog?.Dispose();
        await StopAsync();
        admin.Dispose();
        Directory.Delete(Settings.StateDir, recursive: true);
        Directory.Delete(Settings.RunDir, recursive: true);
    }

    public static HttpClient AdminClient(string socket) => new(new SocketsHttpHandler
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
}

/// <summary>A real server that plays an app's dyno, or the control plane when it is given a socket.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication app;

    private Backend(WebApplication app) => this.app = app;

    public string Address => new Uri(app.Urls.First()).Authority;

    public static Task<Backend> SaysAsync(string text) => StartAsync(context =>
    {
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text);
        return context.Response.WriteAsync(text);
    });

    public static async Task<Backend> StartAsync(RequestDelegate handler, string? socket = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            if (socket is null)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
            }
            else
            {
                kestrel.ListenUnixSocket(socket);
            }
        });
        var server = builder.Build();
        server.UseWebSockets();
        server.Run(handler);
        await server.StartAsync();
        return new Backend(server);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

/// <summary>A client that says exactly these bytes.</summary>
internal static class RawClient
{
    public static async Task<NetworkStream> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public static ValueTask SayAsync(this Stream stream, string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads until the text ends with <paramref name="end"/>, the peer closes, or a minute is over.</summary>
    public static async Task<string> HearAsync(this Stream stream, string end)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (heard, one) = (new StringBuilder(), new byte[1]);
        while (!heard.ToString().EndsWith(end, StringComparison.Ordinal) && await stream.ReadAsync(one, deadline.Token) == 1)
        {
            heard.Append((char)one[0]);
        }

        return heard.ToString();
    }
}
