using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MiniPaaS.Cli.Client;
using MiniPaaS.Cli.Terminal;
using MiniPaaS.Protocol;

namespace MiniPaaS.Cli.Commands;

/// <summary>What the platform vouches for about slugs: what they consist of, and how they were made.</summary>
internal static class AttestationCommands
{
    public static IReadOnlyList<PaasCommand> All() => [Sbom(), Provenance(), Keys()];

    private static PaasCommand Sbom()
    {
        var version = VersionArgument();
        return new PaasCommand(
            "slugs:sbom",
            "List what a release's slug consists of; with --json as CycloneDX",
            "paas slugs:sbom",
            "paas slugs:sbom v7 --json > sbom.cdx.json")
        {
            version, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var (app, release) = await ReleaseAsync(session, session.Value(version), cancellation);
            var sbom = await session.AskAsync(api => api.SbomAsync(app, release.Version, cancellation));
            if (session.Out.WantsJson)
            {
                session.Out.Raw(Encoding.UTF8.GetString(sbom) + "\n");
                return;
            }

            using var json = JsonDocument.Parse(sbom);
            session.Out.Table(["Ecosystem", "Package", "Version", "Licence"], json.RootElement.GetProperty("components").EnumerateArray().Select(Row));
            if (Skipped(json.RootElement) is { Length: > 0 } skipped)
            {
                session.Out.Note($"Not looked at: {skipped}");
            }
        });
    }

    private static Cell[] Row(JsonElement component)
    {
        var purl = Text(component, "purl");
        var name = Text(component, "group") is { Length: > 0 } group ? $"{group}/{Text(component, "name")}" : Text(component, "name");
        return
        [
            new Cell(purl.Length > 0 ? purl["pkg:".Length..purl.IndexOf('/')] : Text(component, "type"), Tint.Faint),
            name,
            Text(component, "version"),
            new Cell(component.TryGetProperty("licenses", out var licences) ? string.Join(", ", licences.EnumerateArray().Select(Licence)) : "-", Tint.Faint),
        ];
    }

    private static string Licence(JsonElement choice) => choice.TryGetProperty("license", out var licence)
        ? Text(licence, "id") is { Length: > 0 } id ? id : Text(licence, "name")
        : Text(choice, "expression");

    private static string Skipped(JsonElement sbom) =>
        string.Join("; ", sbom.GetProperty("metadata").GetProperty("properties").EnumerateArray()
            .Where(property => Text(property, "name") == "minipaas:skipped").Select(property => Text(property, "value")));

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static PaasCommand Provenance()
    {
        var version = VersionArgument();
        var verify = new Option<bool>("--verify") { Description = "Check the signature, and that slug and SBOM are what was signed" };
        var keyFile = new Option<string?>("--key")
        {
            HelpName = "FILE",
            Description = "Verify with this public key (PEM) instead of those that the server names",
        };
        return new PaasCommand(
            "slugs:provenance",
            "Show how a release's slug was made; with --json as the signed envelope",
            "paas slugs:provenance v7 --verify",
            "paas slugs:provenance v7 --key trusted.pem",
            "paas slugs:provenance --json > slug.dsse.json")
        {
            version, verify, keyFile, CommonOptions.App, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var (app, release) = await ReleaseAsync(session, session.Value(version), cancellation);
            var envelope = await session.AskAsync(api => api.ProvenanceAsync(app, release.Version, cancellation));
            var key = session.Value(verify) || session.Value(keyFile) is not null
                ? await VerifyAsync(session, app, release, envelope, session.Value(keyFile), cancellation)
                : null;
            if (!session.Out.Json(envelope, ProvenanceJson.Default))
            {
                session.Out.Details($"{app} v{release.Version}", Details(session.Out, Statement(envelope), envelope, key));
            }
        });
    }

    private static PaasCommand Keys()
    {
        var pem = new Option<bool>("--pem") { Description = "Print the public keys as PEM, the present one first" };
        return new PaasCommand("slugs:keys", "List the keys whose provenance the platform trusts", "paas slugs:keys", "paas slugs:keys --pem > trusted.pem")
        {
            pem, CommonOptions.Json,
        }
        .Runs(async (session, cancellation) =>
        {
            var keys = await session.AskAsync(api => api.SigningKeysAsync(cancellation));
            if (session.Value(pem))
            {
                session.Out.Raw(string.Concat(keys.Select(key => key.Pem)));
            }
            else if (!session.Out.Json(keys, ProtocolJson.Default))
            {
                session.Out.Table(
                    ["Key", "State"],
                    keys.Select(key => (Cell[])[key.Id, key.Current ? new Cell("signs", Tint.Good) : new Cell("trusted", Tint.Faint)]));
            }
        });
    }

    /// <summary>Id of the key that signed; what cannot be trusted ends the command.</summary>
    private static async Task<string> VerifyAsync(
        Session session, string app, ReleaseInfo release, DsseEnvelope envelope, string? keyFile, CancellationToken cancellation)
    {
        IEnumerable<string> pems = keyFile is null
            ? (await session.AskAsync(api => api.SigningKeysAsync(cancellation))).Select(key => key.Pem)
            : Keys(keyFile, await File.ReadAllTextAsync(keyFile, cancellation));
        var keys = pems.Select(Import).ToList();
        var sbom = await session.AskAsync(api => api.SbomAsync(app, release.Version, cancellation));
        var check = ProvenanceCheck.Of(envelope, release.SlugDigest!, sbom, keys);
        return check.Problem is { } problem
            ? throw new PaasException(
                $"The provenance of {app} v{release.Version} cannot be trusted: {problem}. Deploy the app from its source again, and find out who changed it.")
            : check.KeyId!;
    }

    // A file may hold several keys, as `slugs:keys --pem` writes them.
    private static List<string> Keys(string file, string text)
    {
        const string Begin = "-----BEGIN ";
        var blocks = text.Split(Begin, StringSplitOptions.RemoveEmptyEntries)
            .Where(block => block.StartsWith("PUBLIC KEY-----", StringComparison.Ordinal)).Select(block => Begin + block).ToList();
        return blocks.Count > 0
            ? blocks
            : throw new PaasException($"{file} holds no public key. Get one with `paas slugs:keys --pem`.", ExitCodes.Usage);
    }

    private static ECDsa Import(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new PaasException($"A public key cannot be used: {e.Message.TrimEnd('.')}. It must be one of ECDSA, as PEM.");
        }
    }

    private static ProvenanceStatement Statement(DsseEnvelope envelope)
    {
        try
        {
            return ProvenanceStatement.Parse(Convert.FromBase64String(envelope.Payload));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new PaasException("The envelope holds no provenance that can be shown; --json prints it as it is.");
        }
    }

    private static IEnumerable<(string Name, Cell Value)> Details(Output output, ProvenanceStatement statement, DsseEnvelope envelope, string? key)
    {
        var (definition, run) = (statement.Predicate.BuildDefinition, statement.Predicate.RunDetails);
        foreach (var subject in statement.Subject)
        {
            yield return (subject.Name switch { "layer.tar" => "Layer", "image" => "Image", _ => "Slug" }, Digests(subject));
        }

        yield return ("Build type", definition.BuildType);

        foreach (var dependency in definition.ResolvedDependencies)
        {
            yield return ($"From {dependency.Name}", $"{dependency.Uri} {Digests(dependency)}".Trim());
        }

        var vars = definition.ExternalParameters.ConfigVars;
        yield return ("Config vars", vars.IsDefaultOrEmpty ? "-" : string.Join(", ", vars));
        yield return ("Builder", $"{run.Builder.Id} ({string.Join(", ", run.Builder.Version.Select(part => $"{part.Key} {part.Value}"))})");
        yield return ("Build", run.Metadata.InvocationId);
        yield return ("Started", output.Moment(run.Metadata.StartedOn));
        yield return ("Took", string.Create(CultureInfo.InvariantCulture, $"{(run.Metadata.FinishedOn - run.Metadata.StartedOn).TotalSeconds:0.00} s"));
        yield return key is null
            ? ("Signed by", $"{envelope.Signatures.FirstOrDefault()?.Keyid ?? "-"} (not verified: --verify does)")
            : ("Verified", new Cell($"signed by {key}", Tint.Good));
    }

    private static string Digests(ResourceDescriptor resource) =>
        resource.Digest is { } digests ? string.Join(" ", digests.Select(digest => $"{digest.Key}:{digest.Value}")) : "";

    private static Argument<string?> VersionArgument() =>
        new("VERSION") { Arity = ArgumentArity.ZeroOrOne, Description = "Release, as in v7; default: the live one" };

    private static async Task<(string App, ReleaseInfo Release)> ReleaseAsync(Session session, string? version, CancellationToken cancellation)
    {
        var app = await session.AppAsync(cancellation);
        var release = await session.AskAsync(api => ReleaseCommands.FindAsync(api, app, ReleaseCommands.ParseVersion(version), cancellation));
        return release.SlugDigest is null
            ? throw new PaasException($"v{release.Version} of {app} holds only config vars, no code.")
            : (app, release);
    }
}
