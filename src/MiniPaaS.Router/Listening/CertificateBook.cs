using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Text.Json;
using MiniPaaS.Protocol;

namespace MiniPaaS.Router.Listening;

/// <summary>The certificates that the control plane sent, mirrored to disk so that a restarted router has them without it.</summary>
internal sealed class CertificateBook(RouterSettings settings, TimeProvider time, ILogger<CertificateBook> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private volatile CertificateShelf shelf = CertificateShelf.Empty;
    private bool retrying;

    /// <summary>What is presented for a host, or null when no certificate names it.</summary>
    public SslServerAuthenticationOptions? Find(ReadOnlySpan<char> host) => shelf.Find(host);

    /// <summary>Puts a set in force, whole: from here on every new handshake sees it. A set with a certificate that cannot be used
    /// changes nothing.</summary>
    public bool TryReplace(CertificateSet? set, [NotNullWhen(false)] out string? problem)
    {
        lock (gate)
        {
            if (shelf.With(set, out problem) is not { } next)
            {
                problem ??= "there are none";
                return false;
            }

            shelf = next;
            problem = null;
            log.CertificatesInForce(next.Set.Certificates.Length);
            Mirror_NeedsLock();
            return true;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(settings.CertificatesPath))
        {
            return Task.CompletedTask;
        }

        try
        {
            using var file = File.OpenRead(settings.CertificatesPath);
            if (shelf.With(JsonSerializer.Deserialize(file, ProtocolJson.Default.CertificateSet), out var problem) is { } read)
            {
                shelf = read;
                log.CertificatesLoaded(read.Set.Certificates.Length, settings.CertificatesPath);
            }
            else
            {
                log.CertificatesIgnored(settings.CertificatesPath, problem!);
            }
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            log.CertificatesIgnored(settings.CertificatesPath, failure.Message);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => stopping.CancelAsync();

    public void Dispose() => stopping.Dispose();

    private void Mirror_NeedsLock()
    {
        try
        {
            MirrorFile.Write(settings.CertificatesPath, settings.InstanceId, shelf.Set, ProtocolJson.Default.CertificateSet);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.CertificatesNotWritten(settings.CertificatesPath, failure.Message, (int)RetryAfter.TotalSeconds);
            if (!retrying)
            {
                retrying = true;
                _ = RetryAsync();
            }
        }
    }

    private async Task RetryAsync()
    {
        await Task.Delay(RetryAfter, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stopping.IsCancellationRequested)
        {
            lock (gate)
            {
                retrying = false;
                Mirror_NeedsLock();
            }
        }
    }
}
