using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MiniPaaS.EndToEnd.Harness;

/// <summary>
/// A certificate authority that speaks ACME: Debian's pebble on a port of its own, with a DNS server that says where hosts are.
/// </summary>
internal sealed partial class Pebble : IAsyncDisposable
{
    private readonly DirectoryInfo folder = System.IO.Directory.CreateTempSubdirectory("pebble-");
    private readonly DnsServer dns = new();
    private RunningCommand? process;

    private Pebble()
    {
    }

    /// <summary>Address of its directory, for ACME clients.</summary>
    public string Directory { get; private set; } = "";

    /// <summary>File with the certificate that its own server shows.</summary>
    public string CaCertificates => Path.Combine(folder.FullName, "server.pem");

    /// <summary>Says that a host has an address; before, it has none.</summary>
    public void Resolve(string host, IPAddress address) => dns.Hosts[host] = address;

    /// <param name="httpPort">Port at which hosts answer HTTP-01 challenges.</param>
    /// <param name="validity">Lifetime of the certificates that it issues.</param>
    public static async Task<Pebble> StartAsync(int httpPort, TimeSpan validity)
    {
        var pebble = new Pebble();
        try
        {
            await pebble.BootAsync(httpPort, validity);
            return pebble;
        }
        catch
        {
            await pebble.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server; nobody listens on its port from here on.</summary>
    public void Stop()
    {
        process?.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await dns.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private async Task BootAsync(int httpPort, TimeSpan validity)
    {
        var (key, config) = (Path.Combine(folder.FullName, "server.key"), Path.Combine(folder.FullName, "config.json"));
        WriteServerCertificate(key);
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new
        {
            pebble = new
            {
                listenAddress = "127.0.0.1:0",
                certificate = CaCertificates,
                privateKey = key,
                httpPort,
                tlsPort = httpPort,
                ocspResponderURL = "",
                externalAccountBindingRequired = false,
                certificateValidityPeriod = (int)validity.TotalSeconds,
            },
        }));
        process = Command.Start("pebble", ["-config", config, "-dnsserver", dns.Address], folder.FullName, new Dictionary<string, string>
        {
            ["PEBBLE_VA_NOSLEEP"] = "1",
            // Every order is to be validated anew.
            ["PEBBLE_AUTHZREUSE"] = "0",
        });
        await process.SaysAsync("Listening on");
        var port = await Eventually.GetAsync("pebble listens", () => Task.FromResult(ListeningPort(process.Pid)), found => found != 0);
        Directory = $"https://127.0.0.1:{port}/dir";
    }

    private void WriteServerCertificate(string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pebble", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllText(CaCertificates, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    // It does not say which port the kernel gave it; the kernel does: a socket among its files that listens (0A).
    private static int ListeningPort(int pid)
    {
        var inodes = System.IO.Directory.EnumerateFiles($"/proc/{pid}/fd")
            .Select(file => Socket().Match(File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name ?? ""))
            .Where(match => match.Success)
            .Select(match => match.Groups["inode"].Value)
            .ToHashSet();
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && inodes.Contains(fields[9]))
            .Select(fields => int.Parse(fields[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            .FirstOrDefault();
    }

    [GeneratedRegex(@"^socket:\[(?<inode>[0-9]+)\]$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Socket();
}
