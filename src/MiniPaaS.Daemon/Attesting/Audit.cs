using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Attesting;

/// <summary>Looks for a package in the SBOMs of all apps.</summary>
internal sealed class Audit(Database database)
{
    /// <summary>Searches the live releases, or all that are kept.</summary>
    public AuditReport Run(PackageQuery query, bool liveOnly)
    {
        var releases = database.Read(db => AttestationTable.Kept(db, liveOnly));
        var matches = ImmutableArray.CreateBuilder<AuditMatch>();
        var unknown = ImmutableArray.CreateBuilder<AuditRelease>();
        foreach (var slug in releases.GroupBy(r => (r.AppId, r.SlugId)))
        {
            var found = Search(slug.Key.AppId, slug.Key.SlugId, query);
            foreach (var (app, release, current, _, _) in slug)
            {
                if (found is null)
                {
                    unknown.Add(new AuditRelease(app, release, current));
                }
                else
                {
                    matches.AddRange(found.Select(match => match with { App = app, Release = release, Current = current }));
                }
            }
        }

        return new AuditReport(
            [.. matches.OrderBy(m => m.App, StringComparer.Ordinal).ThenByDescending(m => m.Release).ThenBy(m => m.Purl, StringComparer.Ordinal)],
            unknown.ToImmutable(),
            releases.Length);
    }

    /// <summary>Null when nothing is known about the slug.</summary>
    private List<AuditMatch>? Search(long appId, string slugId, PackageQuery query)
    {
        if (database.Read(db => AttestationTable.Find(db, appId, slugId)) is not { } attestation)
        {
            return null;
        }

        try
        {
            var sbom = attestation.OpenSbom();

            // Most SBOMs do not name the package at all: seeing that costs a fraction of understanding them.
            return Mentions(sbom, query) ? Matches(sbom, query) : [];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Mentions(byte[] sbom, PackageQuery query)
    {
        var last = query.Name[(query.Name.LastIndexOf('/') + 1)..];
        var isPlain = last.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.');
        return !isPlain || Encoding.UTF8.GetString(sbom).Contains(last, StringComparison.OrdinalIgnoreCase);
    }

    private static List<AuditMatch> Matches(byte[] sbom, PackageQuery query)
    {
        using var json = JsonDocument.Parse(sbom);
        var matches = new List<AuditMatch>();
        foreach (var component in json.RootElement.Member("components").Elements())
        {
            var (purl, name, version) = (component.Text("purl"), component.Text("name"), component.Text("version"));
            if (purl is null || name is null || version is null)
            {
                continue;
            }

            var type = purl["pkg:".Length..purl.IndexOf('/')];
            var fullName = component.Text("group") is { } group ? $"{group}/{name}" : name;
            var source = component.Member("properties").Elements().FirstOrDefault(p => p.Text("name") == Sbom.SourcePackage).Text("value");
            if (query.Matches(type, source is null ? [fullName] : [fullName, source], version))
            {
                matches.Add(new AuditMatch("", 0, Current: false, type, fullName, version, purl));
            }
        }

        return matches;
    }
}
