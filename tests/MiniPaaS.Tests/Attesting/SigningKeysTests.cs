using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Attesting;

/// <summary>The installation's keys and what they sign.</summary>
public sealed class SigningKeysTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-keys-");
    private readonly SigningKeys keys;

    public SigningKeysTests() =>
        keys = new SigningKeys(Settings.FromEnvironment() with { StateDir = folder.FullName }, NullLogger<SigningKeys>.Instance);

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void What_is_signed_is_the_encoding_that_DSSE_gives_as_its_example() => Assert.Equal(
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world"u8.ToArray(),
        Dsse.Encode("http://example.com/HelloWorld", "hello world"u8));

    [Fact]
    public void The_key_is_made_once_and_is_for_its_owner_only()
    {
        keys.Ensure();
        var file = Path.Combine(folder.FullName, "signing", "key.pem");
        var key = File.ReadAllText(file);
        keys.Ensure();

        Assert.Equal(key, File.ReadAllText(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var info = Assert.Single(keys.Trusted());
        Assert.True(info.Current);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", info.Pem, StringComparison.Ordinal);
        using var read = ECDsa.Create();
        read.ImportFromPem(info.Pem);
        Assert.Equal(("ECDsa", 256, Dsse.KeyId(read)), (read.SignatureAlgorithm, read.KeySize, info.Id));
    }

    [Fact]
    public void What_an_older_key_has_signed_stays_valid_until_somebody_removes_it()
    {
        keys.Ensure();
        var old = keys.Trusted()[0].Id;
        var envelope = keys.Sign("old"u8);

        var id = keys.Rotate();

        Assert.Equal([(id, true), (old, false)], keys.Trusted().Select(k => (k.Id, k.Current)));
        Assert.Equal("what was signed is no SLSA provenance", keys.Check(envelope, Sample.Slug().Id, []).Problem);
        Assert.Equal(id, keys.Sign("new"u8).Signatures[0].Keyid);

        File.Delete(Path.Combine(folder.FullName, "signing", "trusted", $"{old}.pem"));
        Assert.Equal("no trusted key has signed it, or it was changed since", keys.Check(envelope, Sample.Slug().Id, []).Problem);
    }

    [Fact]
    public void A_damaged_key_is_not_replaced()
    {
        keys.Ensure();
        var file = Path.Combine(folder.FullName, "signing", "key.pem");
        File.WriteAllText(file, "damaged");
        keys.Ensure();
        Assert.Equal("damaged", File.ReadAllText(file));
        Assert.Contains("is damaged", Assert.Throws<CryptographicException>(() => keys.Sign("x"u8)).Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(keys.Trusted()).Current);
    }
}
