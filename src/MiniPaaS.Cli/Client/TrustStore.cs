using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MiniPaaS.Cli.Client;

/// <summary>The root certificate of a platform's local CA.</summary>
/// <param name="Server">Where it came from.</param>
/// <param name="Certificate">The certificate.</param>
internal sealed record RootCertificate(ServerAddress Server, X509Certificate2 Certificate)
{
    public string Pem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>SHA-256 of the certificate, in upper-case hexadecimal digits.</summary>
    public string Hash { get; } = Certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>The hash in OpenSSL's form, as in <c>3F:09:...</c>.</summary>
    public string Fingerprint => string.Join(':', Hash.Chunk(2).Select(pair => new string(pair)));

    /// <summary>Name of a file for it, which one server has one of.</summary>
    public string FileName => $"minipaas-{new string([.. Server.Uri.Authority.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.' ? letter : '-')])}";
}

/// <summary>Where a machine or a user keeps the certificate authorities they trust.</summary>
internal static class TrustStore
{
    private const string SystemDirectory = "/usr/local/share/ca-certificates";
    private const string SystemProgram = "update-ca-certificates";

    /// <summary>Adds a root to what all programs of a Debian machine trust; needs root. Returns where it went.</summary>
    public static async Task<string> InstallForSystemAsync(RootCertificate root, CancellationToken cancellation)
    {
        if (!Directory.Exists(SystemDirectory))
        {
            throw new PaasException(
                $"There is no {SystemDirectory} on this machine. On Debian and Ubuntu `apt-get install ca-certificates` makes it; elsewhere add the "
                + "output of `paas certs:trust --print` to what the system trusts.");
        }
        var file = Path.Combine(SystemDirectory, root.FileName + ".crt");
        await WriteAsync(file, root.Pem, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, cancellation);

        var start = new ProcessStartInfo(SystemProgram) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var update = Start(start);
        var output = update.StandardOutput.ReadToEndAsync(cancellation);
        var error = update.StandardError.ReadToEndAsync(cancellation);
        await update.WaitForExitAsync(cancellation);
        _ = await output;
        return update.ExitCode == 0
            ? $"by every program of this machine that uses the system's store ({file})"
            : throw new PaasException($"{SystemProgram} failed: {(await error).Trim()}");
    }

    /// <summary>Tells the user's git to trust a root for its server, and no other. Returns where it went.</summary>
    public static async Task<string> InstallForGitAsync(RootCertificate root, CancellationToken cancellation)
    {
        var file = Path.Combine(Path.GetDirectoryName(ClientSettings.FilePath)!, root.FileName + ".pem");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await WriteAsync(file, root.Pem, UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellation);
        var urls = HttpsUrls(root.Server.Uri).ToList();
        foreach (var url in urls)
        {
            await Git.RunAsync(["config", "--global", "--replace-all", $"http.{url}.sslCAInfo", file], cancellation);
        }
        return $"by your git for {string.Join(" and ", urls)} ({file}). For all programs run it as root";
    }

    // Every public port of a router speaks TLS, the usual one besides.
    private static IEnumerable<string> HttpsUrls(Uri server)
    {
        yield return $"https://{server.IdnHost}/";
        if (server.Port is not (80 or 443))
        {
            yield return $"https://{server.IdnHost}:{server.Port}/";
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new PaasException($"{SystemProgram} is not installed. On Debian and Ubuntu: apt-get install ca-certificates.");
        }
    }

    private static async Task WriteAsync(string file, string text, UnixFileMode mode, CancellationToken cancellation)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        await using (var stream = new FileStream(
            temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), cancellation);
        }
        File.Move(temporary, file, overwrite: true);
    }
}
