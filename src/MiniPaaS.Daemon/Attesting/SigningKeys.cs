using System.Collections.Immutable;
using System.ComponentModel;
using System.Security.Cryptography;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>
/// The key that this installation signs provenance with (ECDSA P-256), and the public keys it trusts: its own and those it had before.
/// They are files, so that an administrator can look at them, keep them elsewhere, and stop trusting one by removing it.
/// </summary>
internal sealed class SigningKeys(Settings settings, ILogger<SigningKeys> log)
{
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode OwnerOnly = Secret | UnixFileMode.UserExecute;

    private string Directory => Path.Combine(settings.StateDir, "signing");

    private string KeyFile => Path.Combine(Directory, "key.pem");

    private string TrustedDirectory => Path.Combine(Directory, "trusted");

    /// <summary>Makes a key where there is none. A failure is logged: slugs built meanwhile have no provenance.</summary>
    public void Ensure()
    {
        try
        {
            if (File.Exists(KeyFile))
            {
                using var key = Read();
                Trust(key);
            }
            else
            {
                Rotate();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or Win32Exception)
        {
            log.KeyUnusable(KeyFile, e.Message);
        }
    }

    /// <summary>Signs with a new key from now on; what older ones have signed stays valid.</summary>
    /// <returns>Id of the new key.</returns>
    /// <exception cref="IOException">It could not be written; the old one goes on.</exception>
    public string Rotate()
    {
        System.IO.Directory.CreateDirectory(Directory, OwnerOnly);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // Trusted before it signs: a release must not be refused because of a crash between the two.
        Trust(key);
        OwnedFile.Write(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n", Secret, Posix.OwnerOf(Directory), Directory);
        var id = Dsse.KeyId(key);
        log.KeyMade(id, KeyFile);
        return id;
    }

    /// <summary>Puts an in-toto statement into an envelope signed by the present key.</summary>
    /// <exception cref="CryptographicException">The key is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public DsseEnvelope Sign(ReadOnlySpan<byte> statement)
    {
        using var key = Read();
        return Dsse.Sign(key, Dsse.InToto, statement);
    }

    /// <summary>The trusted public keys, the present one first.</summary>
    public ImmutableArray<SigningKeyInfo> Trusted()
    {
        var current = "";
        try
        {
            using var key = Read();
            current = Dsse.KeyId(key);
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            log.KeyUnusable(KeyFile, e.Message);
        }

        return [.. ReadTrusted().Select(k => new SigningKeyInfo(k.Id, k.Id == current, k.Pem)).OrderByDescending(k => k.Current).ThenBy(k => k.Id, StringComparer.Ordinal)];
    }

    /// <summary>Checks the provenance of a slug.</summary>
    public ProvenanceCheck Check(DsseEnvelope envelope, string slug, ReadOnlySpan<byte> sbom)
    {
        var keys = ReadTrusted().Select(k =>
        {
            var key = ECDsa.Create();
            key.ImportFromPem(k.Pem);
            return key;
        }).ToList();
        try
        {
            return ProvenanceCheck.Of(envelope, slug, sbom, keys);
        }
        finally
        {
            keys.ForEach(key => key.Dispose());
        }
    }

    private ECDsa Read()
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(KeyFile));
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new CryptographicException(
                $"{KeyFile} is damaged ({e.Message}). Restore it, or make a new key with `minipaas-services signing-key rotate`.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private void Trust(ECDsa key)
    {
        System.IO.Directory.CreateDirectory(TrustedDirectory, OwnerOnly);
        var file = Path.Combine(TrustedDirectory, $"{Dsse.KeyId(key)}.pem");
        if (!File.Exists(file))
        {
            OwnedFile.Write(file, key.ExportSubjectPublicKeyInfoPem() + "\n", Public, Posix.OwnerOf(Directory), Directory);
        }
    }

    // A file that holds no key trusts nobody; its name says nothing.
    private List<(string Id, string Pem)> ReadTrusted()
    {
        var keys = new List<(string, string)>();
        foreach (var file in System.IO.Directory.Exists(TrustedDirectory) ? System.IO.Directory.GetFiles(TrustedDirectory, "*.pem") : [])
        {
            using var key = ECDsa.Create();
            try
            {
                key.ImportFromPem(File.ReadAllText(file));
                keys.Add((Dsse.KeyId(key), key.ExportSubjectPublicKeyInfoPem() + "\n"));
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException or IOException)
            {
                log.KeyUnusable(file, e.Message);
            }
        }

        return keys;
    }
}
