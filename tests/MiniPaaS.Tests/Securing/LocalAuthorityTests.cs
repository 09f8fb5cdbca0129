using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Securing;

namespace MiniPaaS.Tests.Securing;

public sealed class LocalAuthorityTests : IDisposable
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-ca-");
    private readonly ManualClock clock = new(Issue.Now);
    private readonly Recorder log = new();
    private readonly LocalAuthority authority;

    public LocalAuthorityTests()
    {
        authority = new LocalAuthority(Settings.FromEnvironment() with { StateDir = folder.FullName }, clock, log);
        Directory.CreateDirectory(Path.GetDirectoryName(IssuerFile)!);
    }

    private string RootFile => Path.Combine(folder.FullName, "ca", "root.pem");

    private string RootKeyFile => Path.Combine(folder.FullName, "ca", "root.key");

    private string IssuerFile => Path.Combine(folder.FullName, "router", "issuer.pem");

    [Fact]
    public void The_router_gets_an_issuing_certificate_that_chains_to_the_root()
    {
        authority.Ensure();

        using var root = X509Certificate2.CreateFromPemFile(RootFile, RootKeyFile);
        using var issuer = ReadIssuer();
        Assert.True(issuer.HasPrivateKey);
        Assert.Equal(Issue.Now.AddYears(10), CertificateReader.EndOf(root));
        Assert.Equal(Issue.Now.AddYears(2), CertificateReader.EndOf(issuer));
        var constraints = issuer.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        Assert.Equal((true, true, 0), (constraints.CertificateAuthority, constraints.HasPathLengthConstraint, constraints.PathLengthConstraint));
        Assert.Contains(Environment.MachineName, root.Subject, StringComparison.Ordinal);
        Assert.True(Chains(issuer, root));
        Assert.Equal(File.ReadAllText(RootFile), authority.Root);
        Assert.EndsWith(authority.Root!, File.ReadAllText(IssuerFile), StringComparison.Ordinal);
    }

    [Fact]
    public void A_leaf_that_the_issuer_signs_is_valid_for_whoever_trusts_the_root()
    {
        authority.Ensure();
        using var issuer = ReadIssuer();
        var signer = new Issued(issuer, issuer.ExportCertificatePem(), issuer.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var leaf = Issue.Server(["shop.localhost"], signer);

        using var root = X509Certificate2.CreateFromPem(authority.Root);
        Assert.True(Chains(leaf.Certificate, root, issuer));
        Assert.False(Chains(leaf.Certificate, Issue.Root().Certificate, issuer));
    }

    [Fact]
    public void Keys_are_for_their_owner_and_the_root_certificate_for_all()
    {
        authority.Ensure();
        Assert.Equal(Own, File.GetUnixFileMode(RootKeyFile));
        Assert.Equal(Own, File.GetUnixFileMode(IssuerFile));
        Assert.Equal(Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(RootFile));
        Assert.Equal(2, Directory.GetFileSystemEntries(Path.GetDirectoryName(RootFile)!).Length);
    }

    [Fact]
    public void Nothing_changes_while_all_is_well()
    {
        authority.Ensure();
        var (root, issuer) = (File.ReadAllText(RootFile), File.ReadAllText(IssuerFile));
        clock.Now += TimeSpan.FromDays(365);
        authority.Ensure();
        Assert.Equal((root, issuer), (File.ReadAllText(RootFile), File.ReadAllText(IssuerFile)));
    }

    [Fact]
    public void The_issuer_is_renewed_ahead_of_its_end_under_the_same_root()
    {
        authority.Ensure();
        var (root, issuer) = (File.ReadAllText(RootFile), File.ReadAllText(IssuerFile));
        clock.Now += TimeSpan.FromDays(490);
        authority.Ensure();
        Assert.Equal(root, File.ReadAllText(RootFile));
        Assert.NotEqual(issuer, File.ReadAllText(IssuerFile));
    }

    [Fact]
    public void The_root_is_replaced_just_ahead_of_its_end_with_a_warning()
    {
        authority.Ensure();
        var root = authority.Root;
        clock.Now = Issue.Now.AddYears(10).AddDays(-61);
        authority.Ensure();
        Assert.Equal(root, authority.Root);
        Assert.Equal(Issue.Now.AddYears(10), EndOfIssuer());

        clock.Now += TimeSpan.FromDays(2);
        authority.Ensure();
        Assert.NotEqual(root, authority.Root);
        Assert.EndsWith(authority.Root!, File.ReadAllText(IssuerFile), StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.Contains("paas certs:trust", StringComparison.Ordinal) && line.Contains("replaced", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void An_issuer_that_cannot_be_read_is_replaced(string content)
    {
        File.WriteAllText(IssuerFile, content);
        authority.Ensure();
        using var issuer = ReadIssuer();
        Assert.True(issuer.HasPrivateKey);
    }

    [Fact]
    public void A_link_in_the_routers_directory_is_replaced_and_not_followed()
    {
        var target = Path.Combine(folder.FullName, "target");
        File.WriteAllText(target, "untouched");
        File.CreateSymbolicLink(IssuerFile, target);

        authority.Ensure();

        Assert.Equal("untouched", File.ReadAllText(target));
        Assert.Null(new FileInfo(IssuerFile).LinkTarget);
        Assert.Equal(Own, File.GetUnixFileMode(IssuerFile));
    }

    [Fact]
    public void A_root_without_its_key_is_left_alone_and_reported()
    {
        authority.Ensure();
        var root = authority.Root;
        File.Delete(RootKeyFile);
        File.Delete(IssuerFile);

        authority.Ensure();

        Assert.Equal(root, authority.Root);
        Assert.False(File.Exists(IssuerFile));
        Assert.Contains(log.Lines, line => line.Contains("do not fit together", StringComparison.Ordinal));
    }

    [Fact]
    public void A_root_whose_writing_broke_off_is_made_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(RootFile)!);
        File.WriteAllText(RootKeyFile, "half a key");
        authority.Ensure();
        using var root = X509Certificate2.CreateFromPemFile(RootFile, RootKeyFile);
        Assert.True(root.HasPrivateKey);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private X509Certificate2 ReadIssuer() => X509Certificate2.CreateFromPemFile(IssuerFile);

    private DateTimeOffset EndOfIssuer()
    {
        using var issuer = ReadIssuer();
        return CertificateReader.EndOf(issuer);
    }

    private static bool Chains(X509Certificate2 leaf, X509Certificate2 root, X509Certificate2? between = null)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Issue.Now.LocalDateTime;
        if (between is not null)
        {
            chain.ChainPolicy.ExtraStore.Add(between);
        }

        return chain.Build(leaf);
    }

    private sealed class Recorder : ILogger<LocalAuthority>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
