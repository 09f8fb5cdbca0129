using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Building;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Docker;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Attesting;

/// <summary>What is stated, and who may go live when provenance is required.</summary>
public sealed class ProvenanceTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-provenance-");
    private readonly DockerClient docker;
    private readonly Settings settings;
    private readonly SigningKeys keys;
    private Database database = null!;
    private long app;

    public ProvenanceTests()
    {
        settings = Settings.FromEnvironment() with { StateDir = folder.FullName };
        keys = new SigningKeys(settings, NullLogger<SigningKeys>.Instance);
        docker = new DockerClient(Path.Combine(folder.FullName, "no-engine"));
    }

    public async Task InitializeAsync()
    {
        database = Database.Open(settings.Database);
        app = (await database.WriteAsync(db => AppTable.Insert(db, Sample.Name("myapp"), null, "myapp.localhost", DateTimeOffset.UnixEpoch), default))!.Id;
    }

    public Task DisposeAsync()
    {
        database.Dispose();
        docker.Dispose();
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_statement_says_from_what_by_whom_and_when()
    {
        var (slug, attestation) = await AttestAsync();
        var check = keys.Check(Envelope(attestation), slug.Id, attestation.OpenSbom());

        Assert.Null(check.Problem);
        Assert.Equal(keys.Trusted()[0].Id, check.KeyId);
        var statement = check.Statement!;
        Assert.Equal([new string('a', 64), new string('1', 64)], statement.Subject.Select(s => s.Digest!["sha256"]));
        var (definition, run) = (statement.Predicate.BuildDefinition, statement.Predicate.RunDetails);
        Assert.Equal(("myapp", "bullseye"), (definition.ExternalParameters.App, definition.ExternalParameters.Stack));
        Assert.Equal(["GREETING"], definition.ExternalParameters.ConfigVars.AsEnumerable());
        var dependencies = definition.ResolvedDependencies.ToDictionary(d => d.Name!, d => d.Digest!);
        Assert.Equal((new string('b', 40), new string('t', 40)), (dependencies["source"]["gitCommit"], dependencies["source"]["gitTree"]));
        Assert.Equal(new string('d', 64), dependencies["php"]["sha256"]);
        Assert.Equal(new string('c', 64), dependencies["stack, run"]["sha256"]);
        Assert.Equal(new string('2', 64), dependencies["stack, build"]["sha256"]);
        Assert.Equal($"{settings.ControlUrl}/builds/7", run.Metadata.InvocationId);
        Assert.Equal(DateTimeOffset.UnixEpoch, run.Metadata.StartedOn);
        Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(Convert.FromBase64String(Envelope(attestation).Payload)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_there_is_no_attestation() => Assert.Null((await TryAttestAsync()).Attestation);

    [Fact]
    public async Task Nothing_of_it_can_be_changed_or_used_for_something_else()
    {
        var (slug, attestation) = await AttestAsync();
        var (envelope, sbom) = (Envelope(attestation), attestation.OpenSbom());
        var payload = Convert.FromBase64String(envelope.Payload);
        var forged = Convert.ToBase64String(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(payload).Replace("bullseye", "bookworm", StringComparison.Ordinal)));
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DsseEnvelope[] bad =
        [
            envelope with { Payload = forged },
            envelope with { PayloadType = "application/json" },
            envelope with { Signatures = [] },
            envelope with { Signatures = default },
            envelope with { Signatures = [null!] },
            envelope with { Signatures = [envelope.Signatures[0] with { Sig = "AAAA" }] },
            envelope with { Signatures = [envelope.Signatures[0] with { Sig = "?" }] },
            envelope with { Payload = null! },
            Dsse.Sign(stranger, Dsse.InToto, payload),
            Dsse.Sign(stranger, Dsse.InToto, payload) with { Signatures = [Dsse.Sign(stranger, Dsse.InToto, payload).Signatures[0] with { Keyid = keys.Trusted()[0].Id }] },
        ];
        Assert.All(bad, e => Assert.Equal("no trusted key has signed it, or it was changed since", keys.Check(e, slug.Id, sbom).Problem));
        Assert.Equal("it was signed for another slug", keys.Check(envelope, "sha256:" + new string('f', 64), sbom).Problem);
        Assert.Equal("the slug's SBOM is not the one that was signed", keys.Check(envelope, slug.Id, [.. sbom, (byte)' ']).Problem);
        Assert.Null(keys.Check(envelope with { Payload = envelope.Payload.Replace('+', '-').Replace('/', '_').TrimEnd('=') }, slug.Id, sbom).Problem);
        Assert.Null(keys.Check(envelope with { Signatures = [new DsseSignature(null, "AAAA"), envelope.Signatures[0] with { Keyid = "nonsense" }] }, slug.Id, sbom).Problem);
    }

    [Theory]
    [InlineData(null, "it has none")]
    [InlineData("UPDATE attestations SET provenance = '{'", "it is damaged")]
    [InlineData("UPDATE attestations SET provenance = 'null'", "it is damaged")]
    [InlineData("UPDATE attestations SET provenance = '{}'", "no trusted key has signed it, or it was changed since")]
    [InlineData("UPDATE attestations SET sbom = x'00'", "the slug's SBOM is not the one that was signed")]
    [InlineData("UPDATE attestations SET provenance = replace(provenance, '\"payload\":\"ey', '\"payload\":\"eyey')", "no trusted key has signed it, or it was changed since")]
    public async Task A_release_without_provenance_that_can_be_trusted_is_refused_where_it_is_required(string? tampering, string problem)
    {
        var policy = new ProvenancePolicy(database, keys, settings);
        var (slug, attestation) = await AttestAsync();
        var release = await ReleaseAsync(slug, tampering is null ? null : attestation);
        await database.WriteAsync(db => FeatureTable.Switch(db, app, AppFeature.RequireProvenance, on: true), default);
        if (tampering is not null)
        {
            Assert.Null(policy.Refusal(release));
            await database.WriteAsync(db => db.Execute(tampering), default);
        }

        Assert.Equal(
            $"This app requires provenance, and that of slug {slug.ShortId} cannot be trusted: {problem}. A push builds it anew "
            + "(git commit --allow-empty makes one), or do without: paas features:disable require-provenance.",
            policy.Refusal(release));
        Assert.False(policy.Allows(app, slug));

        await database.WriteAsync(db => FeatureTable.Switch(db, app, AppFeature.RequireProvenance, on: false), default);
        Assert.Null(policy.Refusal(release));
        Assert.StartsWith("This platform requires", new ProvenancePolicy(database, keys, settings with { RequireProvenance = true }).Refusal(release), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_replaces_an_attestation_that_was_tampered_with_and_goes_with_its_app()
    {
        var (slug, attestation) = await AttestAsync();
        await ReleaseAsync(slug, attestation with { Provenance = "{" });
        await database.WriteAsync(db => db.Execute("UPDATE deployments SET finished_at = 'now'"), default);
        await ReleaseAsync(slug, attestation);
        Assert.Equal(attestation.Provenance, database.Read(db => AttestationTable.Find(db, app, slug.Id))!.Provenance);

        await database.WriteAsync(db => AttestationTable.KeepOnly(db, app, [slug.Id]), default);
        Assert.NotNull(database.Read(db => AttestationTable.Find(db, app, slug.Id)));
        await database.WriteAsync(db => AttestationTable.KeepOnly(db, app, []), default);
        Assert.Null(database.Read(db => AttestationTable.Find(db, app, slug.Id)));
        await database.WriteAsync(db => AppTable.Delete(db, app), default);
        Assert.Equal(0, database.Read(db => db.ExecuteScalar<int>("SELECT COUNT(*) FROM attestations")));
    }

    [Fact]
    public async Task An_audit_finds_packages_of_live_and_of_kept_releases()
    {
        var (slug, attestation) = await AttestAsync();
        await ReleaseAsync(slug, attestation);
        await database.WriteAsync(db => db.Execute("UPDATE deployments SET finished_at = 'now', step = 'Done'"), default);
        await ReleaseAsync(slug with { Id = "sha256:" + new string('9', 64) }, attestation: null);
        await database.WriteAsync(db => db.Execute("UPDATE apps SET live_release = 2"), default);

        var live = Run("a/b", liveOnly: true);
        var all = Run("composer:A/B@<2", liveOnly: false);

        Assert.Empty(live.Matches);
        Assert.Equal(new AuditRelease("myapp", 2, true), Assert.Single(live.Unknown));
        Assert.Equal(new AuditMatch("myapp", 1, false, "composer", "a/b", "1.0", "pkg:composer/a/b@1.0"), Assert.Single(all.Matches));
        Assert.Equal(2, all.Releases);
        Assert.Empty(Run("a/b@>=2", liveOnly: false).Matches);
        Assert.Empty(Run("no-such-package", liveOnly: false).Matches);
        Assert.Equal("17.0.1", Assert.Single(Run("@angular/core", liveOnly: false).Matches).Version);
        Assert.Equal("10.0.12", Assert.Single(Run("dotnet-runtime@<10.0.13", liveOnly: false).Matches).Version);
    }

    [Fact]
    public async Task A_rebased_slug_has_the_packages_of_the_app_and_says_what_it_was_made_of()
    {
        var (before, attestation) = await AttestAsync();
        await ReleaseAsync(before, attestation);
        var slug = before with { Id = "sha256:" + new string('9', 64), StackImage = "sha256:" + new string('8', 64) };
        var found = database.Read(db => AppTable.Find(db, app))!;

        var rebased = await Attester.RebaseAsync(found, before, slug, "sha256:1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, default);

        var check = keys.Check(Envelope(rebased!), slug.Id, rebased!.OpenSbom());
        Assert.Null(check.Problem);
        var definition = check.Statement!.Predicate.BuildDefinition;
        Assert.Equal(Attester.RebaseType, definition.BuildType);
        var dependencies = definition.ResolvedDependencies.ToDictionary(d => d.Name!, d => d.Digest!);
        Assert.Equal((new string('a', 64), new string('8', 64)), (dependencies["slug"]["sha256"], dependencies["stack, run"]["sha256"]));
        Assert.Equal(new string('b', 40), dependencies["source"]["gitCommit"]);
        Assert.Equal(Sbom.AppPackages(attestation.OpenSbom()), Sbom.AppPackages(rebased.OpenSbom()));
        Assert.Contains("pkg:npm/%40angular/core@17.0.1", Sbom.AppPackages(rebased.OpenSbom()).Keys);

        await database.WriteAsync(db => db.Execute("UPDATE attestations SET provenance = replace(provenance, '\"sig\":\"M', '\"sig\":\"N')"), default);
        Assert.Null(await Attester.RebaseAsync(found, before, slug, "sha256:1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, default));
    }

    private Attester Attester => new(
        settings,
        keys,
        new StackInventory(docker, database, settings),
        new ProvenancePolicy(database, keys, settings),
        TimeProvider.System,
        NullLogger<Attester>.Instance);

    private AuditReport Run(string text, bool liveOnly)
    {
        Assert.True(PackageQuery.TryParse(text, out var query, out var error), error);
        return new Audit(database).Run(query, liveOnly);
    }

    private static DsseEnvelope Envelope(Attestation attestation) =>
        JsonSerializer.Deserialize(attestation.Provenance, ProvenanceJson.Default.DsseEnvelope)!;

    private async Task<Release> ReleaseAsync(Slug slug, Attestation? attestation)
    {
        var origin = new SlugOrigin("Deploy") { Attestation = attestation };
        return (await new ReleaseBook(database, TimeProvider.System).DeployAsync(app, slug, origin, "me", default)).Release;
    }

    private async Task<(Slug Slug, Attestation Attestation)> AttestAsync()
    {
        keys.Ensure();
        var (slug, attestation) = await TryAttestAsync();
        return (slug, attestation!);
    }

    // The engine is away: the packages of the stack are then missing, and the build goes on.
    private async Task<(Slug Slug, Attestation? Attestation)> TryAttestAsync()
    {
        var slug = Sample.Slug() with { Mounts = ["dotnet-10.0.12"] };
        var request = new BuildRequest
        {
            BuildId = 7,
            AppId = app,
            AppName = Sample.Name("myapp"),
            Commit = slug.Commit,
            CommittedAt = DateTimeOffset.UnixEpoch,
            Tree = new string('t', 40),
            WriteSource = (_, _) => Task.CompletedTask,
            ConfigVars = ConfigVars.From([new("GREETING", "s3cret")]),
            StackWanted = "bullseye",
            LeaseNetwork = _ => throw new InvalidOperationException(),
        };
        var inputs = new SlugInputs
        {
            Driver = "sha256:d",
            Tree = request.Tree,
            Source = "sha256:s",
            Buildpacks = [new BuildpackInput("php", null, null, "sha256:p")],
            Stacks = [new StackInput("bookworm", "sha256:" + new string('2', 64), slug.StackImage, "")],
            Dotnet = [],
            ConfigVars = ["GREETING"],
        };
        return (slug, await Attester.AttestAsync(
            request, inputs, slug, "sha256:" + new string('1', 64), SbomTests.Sample().Inventory, DateTimeOffset.UnixEpoch, default));
    }
}
