using System.ComponentModel;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Daemon.Securing;

/// <summary>
/// The certificate authority of this machine. Its root, which people trust once, stays with root; the router gets an
/// issuing certificate below it and signs with that, so that a router that was broken into loses two years at most.
/// </summary>
internal sealed class LocalAuthority(Settings settings, TimeProvider time, ILogger<LocalAuthority> log)
{
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const int RootYears = 10;
    private const int IssuerYears = 2;

    // Clocks of visitors may be behind this machine's.
    private static readonly TimeSpan Backdating = TimeSpan.FromDays(1);
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    // A root that nobody trusts yet is as useless as one that expired: it is replaced no earlier than it must be.
    private static readonly TimeSpan RootReplacement = TimeSpan.FromDays(60);

    private string Directory => Path.Combine(settings.StateDir, "ca");

    private string RootFile => Path.Combine(Directory, "root.pem");

    private string RootKeyFile => Path.Combine(Directory, "root.key");

    private string RouterDirectory => Path.Combine(settings.StateDir, "router");

    private string IssuerFile => Path.Combine(RouterDirectory, "issuer.pem");

    /// <summary>The root certificate as PEM, or null when it could not be made.</summary>
    public string? Root => File.Exists(RootFile) ? File.ReadAllText(RootFile) : null;

    /// <summary>Looks every hour from now, until cancelled, that both certificates are there and valid for long enough.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            Ensure();
        }
    }

    /// <summary>Makes what is missing and renews what ends soon. A failure is logged and tried again later: everything else goes on.</summary>
    public void Ensure()
    {
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            System.IO.Directory.CreateDirectory(RouterDirectory);
            using var root = ReadRoot() ?? MakeRoot();
            if (!IsGoodIssuer(root))
            {
                MakeIssuer(root);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or Win32Exception)
        {
            log.AuthorityUnusable(Directory, e.Message);
        }
    }

    /// <exception cref="CryptographicException">Certificate and key are there, but damaged or not of each other: a person must decide.</exception>
    private X509Certificate2? ReadRoot()
    {
        if (!File.Exists(RootFile))
        {
            return null;
        }

        try
        {
            var root = X509Certificate2.CreateFromPemFile(RootFile, RootKeyFile);
            if (CertificateReader.EndOf(root) - time.GetUtcNow() > RootReplacement)
            {
                return root;
            }

            log.RootExpires(CertificateReader.EndOf(root));
            root.Dispose();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FileNotFoundException)
        {
            throw new CryptographicException(
                $"{RootFile} and {RootKeyFile} do not fit together ({e.Message}). Restore them, or remove both for a new authority that everybody has to trust anew.", e);
        }
    }

    private X509Certificate2 MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        // The day tells a new authority from an old one that some store still holds.
        var request = new CertificateRequest(Name($"MiniPaaS CA of {Environment.MachineName}, {now:yyyy-MM-dd}"), key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request, pathLength: null);
        using var root = request.CreateSelfSigned(now - Backdating, now.AddYears(RootYears));

        // The certificate comes last: without it there is no authority, and a key alone is made anew.
        var owner = Posix.OwnerOf(Directory);
        OwnedFile.Write(RootKeyFile, key.ExportPkcs8PrivateKeyPem() + "\n", Secret, owner, Directory);
        OwnedFile.Write(RootFile, root.ExportCertificatePem() + "\n", Public, owner, Directory);
        log.RootMade(root.Subject, RootFile);
        return X509Certificate2.CreateFromPemFile(RootFile, RootKeyFile);
    }

    private void MakeIssuer(X509Certificate2 root)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        var request = new CertificateRequest(Name($"MiniPaaS router of {Environment.MachineName}"), key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request, pathLength: 0);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        var start = Later(now - Backdating, CertificateReader.StartOf(root));
        var end = Earlier(now.AddYears(IssuerYears), CertificateReader.EndOf(root));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using var issuer = request.Create(root, start, end, serial);
        OwnedFile.Write(
            IssuerFile,
            $"{key.ExportPkcs8PrivateKeyPem()}\n{issuer.ExportCertificatePem()}\n{root.ExportCertificatePem()}\n",
            Secret,
            Posix.OwnerOf(RouterDirectory),
            Directory);
        log.IssuerMade(issuer.Subject, end);
    }

    // Whatever cannot be read is replaced: the issuer is of no value beyond what it signs.
    private bool IsGoodIssuer(X509Certificate2 root)
    {
        try
        {
            if (ReadIssuer() is not { } text || Posix.OwnerOf(IssuerFile) != Posix.OwnerOf(RouterDirectory))
            {
                return false;
            }

            using var issuer = X509Certificate2.CreateFromPem(text, text);
            var renewal = Certificate.RenewalOf(CertificateReader.StartOf(issuer), CertificateReader.EndOf(issuer));
            return time.GetUtcNow() < renewal && Signed(issuer, root);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    // The directory is the router's: what is there now may be a link, or a pipe that never ends.
    private string? ReadIssuer()
    {
        using var directory = Posix.OpenDirectory(null, RouterDirectory, out _);
        using var file = directory is null ? null : Posix.OpenFile(directory, Path.GetFileName(IssuerFile), out _);
        if (file is null || !Posix.IsRegularFile(file))
        {
            return null;
        }

        using var reader = new StreamReader(new FileStream(file, FileAccess.Read));
        return reader.ReadToEnd();
    }

    private static bool Signed(X509Certificate2 issuer, X509Certificate2 root)
    {
        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.Add(root);
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        path.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return path.Build(issuer);
    }

    private static void AddAuthorityExtensions(CertificateRequest request, int? pathLength)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: pathLength is not null, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
    }

    // A common name has at most 64 characters (RFC 5280, ub-common-name).
    private static X500DistinguishedName Name(string commonName)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName.Length <= 64 ? commonName : commonName[..64]);
        return name.Build();
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
