using System.IO.Compression;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>An instance whose operator lets apps reach a company's package index, which is on this machine.</summary>
public sealed class IndexPlatform : IAsyncLifetime
{
    private readonly HttpListener listener = new();

    internal Platform Platform { get; private set; } = null!;

    internal string Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .First(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a) && a.GetAddressBytes() is not [10, >= 210 and < 220, ..])
        .ToString();

    internal int Port { get; private set; }

    public async Task InitializeAsync()
    {
        using (var probe = new TcpListener(IPAddress.Parse(Address), 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        listener.Prefixes.Add($"http://{Address}:{Port}/");
        listener.Start();
        _ = ServeAsync();
        Platform = await Platform.StartAsync(_ => Task.FromResult<IReadOnlyDictionary<string, string>>(
            new Dictionary<string, string> { ["MINIPAAS_PRIVATE_NETWORKS"] = $"192.168.255.0/24 {Address}:{Port}" }));
    }

    public async Task DisposeAsync()
    {
        if (Platform is not null)
        {
            await Platform.DisposeAsync();
        }

        listener.Close();
    }

    // The simple repository API of PEP 503, with one wheel.
    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                var isWheel = context.Request.Url!.AbsolutePath.EndsWith(".whl", StringComparison.Ordinal);
                var page = """<!DOCTYPE html><a href="talk-1.0-py3-none-any.whl">talk-1.0-py3-none-any.whl</a>"""u8.ToArray();
                context.Response.ContentType = isWheel ? "application/octet-stream" : "text/html";
                await context.Response.OutputStream.WriteAsync(isWheel ? Wheel() : page);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed: the tests are over.
        }
    }

    private static byte[] Wheel()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("talk/__init__.py", "WORD = 'from a private index'\n");
            Add("talk-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: talk\nVersion: 1.0\n");
            Add("talk-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            Add("talk-1.0.dist-info/RECORD", "");

            void Add(string name, string text)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }
}

/// <summary>Private networks that the operator opens to apps.</summary>
public sealed class PrivateNetworkTests(IndexPlatform index) : PlatformTest(index.Platform), IClassFixture<IndexPlatform>
{
    [Fact]
    public async Task A_build_and_its_dynos_reach_the_one_service_that_was_opened()
    {
        using var other = new TcpListener(IPAddress.Parse(index.Address), 0);
        other.Start();
        var app = await TestApp.CreateAsync(Platform, "prober", "private-index");
        await app.PaasAsync("config:set", $"PIP_INDEX_URL=http://{index.Address}:{index.Port}/simple", $"PIP_TRUSTED_HOST={index.Address}");
        await app.CommitAsync("requirements.txt", "talk\n");

        var push = (await app.PushAsync()).Expect().Errors;

        Assert.Contains("Installing what requirements.txt requires", push, StringComparison.Ordinal);
        Assert.Contains(
            "from a private index",
            await app.GetAsync("/read?path=/app/.minipaas/python/lib/python3.11/site-packages/talk/__init__.py"),
            StringComparison.Ordinal);
        Assert.Equal("connected", await app.GetAsync($"/connect?host={index.Address}&port={index.Port}"));
        Assert.StartsWith(
            "no connection",
            await app.GetAsync($"/connect?host={index.Address}&port={((IPEndPoint)other.LocalEndpoint).Port}"),
            StringComparison.Ordinal);
        Assert.False(other.Pending());
    }
}
