using System.Diagnostics;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace MiniPaaS.Tests.Router.Differential;

/// <summary>The same odd requests sent to an app directly, through nginx and through the router; cases.txt explains each difference.</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    public static IEnumerable<object[]> Names => Case.All.Select(odd => new object[] { odd.Name });

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Through_the_router_only_what_is_explained_differs(string name)
    {
        var odd = Case.All.Single(one => one.Name == name);
        await using var dyno = new RawDyno(odd.Answer);
        var direct = await Visit.ToAsync(dyno.Port, odd, dyno);
        await using var router = await TestRouter.StartAsync(null, Make.Route("shop", 1, Make.Target("c1", dyno.Address)));
        Compare("router", odd, direct, await Visit.ToAsync(router.Port, odd, dyno));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Through_nginx_what_is_explained_differs(string name)
    {
        if (Nginx.Missing is { } why)
        {
            Assert.False(Environment.GetEnvironmentVariable("MINIPAAS_TEST_NGINX") == "required", why);
            output.WriteLine(why);
            return;
        }

        var odd = Case.All.Single(one => one.Name == name);
        await using var dyno = new RawDyno(odd.Answer);
        var direct = await Visit.ToAsync(dyno.Port, odd, dyno);
        await using var nginx = await Nginx.StartAsync(dyno.Address);
        Compare("nginx", odd, direct, await Visit.ToAsync(nginx.Port, odd, dyno));
    }

    private void Compare(string proxy, Case odd, List<string> direct, List<string> proxied)
    {
        var found = Visit.Differences(direct, proxied);
        found.ForEach(line => output.WriteLine($"{proxy}: {line}"));
        Assert.All(odd.Expected[proxy], expected => Assert.NotEmpty(expected.Why));
        Assert.Equal(odd.Expected[proxy].Select(expected => expected.Line).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    /// <summary>An nginx of the test's own, on a socket that the test opened for it.</summary>
    private sealed class Nginx : IAsyncDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mp-nginx-");
        private Process? process;

        public static string? Missing { get; } = File.Exists("/usr/sbin/nginx")
            ? null : "There is no /usr/sbin/nginx to compare with: run tests/run.sh as root, which installs it, or apt-get install nginx-light.";

        public int Port { get; private set; }

        public static async Task<Nginx> StartAsync(string dyno)
        {
            var nginx = new Nginx();
            for (var tries = 0; tries < 5; tries++)
            {
                if (await nginx.TryStartAsync(dyno))
                {
                    return nginx;
                }
            }

            await nginx.DisposeAsync();
            throw new InvalidOperationException("nginx does not start: " + await File.ReadAllTextAsync(nginx.Path("error.log")));
        }

        public async ValueTask DisposeAsync()
        {
            if (process is { HasExited: false })
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process?.Dispose();
            folder.Delete(recursive: true);
        }

        private string Path(string name) => System.IO.Path.Combine(folder.FullName, name);

        // nginx cannot tell which port the kernel chose, so one that was free a moment ago is tried.
        private async Task<bool> TryStartAsync(string dyno)
        {
            Port = int.Parse(Make.DeadAddress().Split(':')[1]);
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
            await File.WriteAllTextAsync(Path("nginx.conf"), Configuration(dyno));
            process = Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-c", Path("nginx.conf"), "-e", Path("error.log")]) { UseShellExecute = false })!;
            var waited = Stopwatch.StartNew();
            while (!process.HasExited && waited.Elapsed < TimeSpan.FromSeconds(20))
            {
                try
                {
                    await using var probe = await RawClient.ConnectAsync(Port);
                    return true;
                }
                catch (SocketException)
                {
                    await Task.Delay(20);
                }
            }

            return false;
        }

        private string Configuration(string dyno) => $$"""
            daemon off;
            pid {{Path("pid")}};
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{Path("body")}};
              proxy_temp_path {{Path("proxy")}};
              fastcgi_temp_path {{Path("fastcgi")}};
              uwsgi_temp_path {{Path("uwsgi")}};
              scgi_temp_path {{Path("scgi")}};
              client_max_body_size 0;
              server {
                listen 127.0.0.1:{{Port}};
                location / {
                  proxy_pass http://{{dyno}};
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $http_host;
                }
              }
            }
            """;
    }
}
