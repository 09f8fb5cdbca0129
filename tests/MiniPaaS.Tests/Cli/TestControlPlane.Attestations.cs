using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

public sealed partial class TestControlPlane
{
    /// <summary>SBOM of every release.</summary>
    public byte[] Sbom { get; set; } = [];

    /// <summary>Provenance of every release, or null when there is none.</summary>
    public DsseEnvelope? Envelope { get; set; }

    public IList<SigningKeyInfo> SigningKeys { get; } = [];

    public AuditReport Audit { get; set; } = new([], [], 0);

    private void MapAttestations()
    {
        _web.MapGet("/apps/{app}/releases/{number:int}/sbom", context => context.Response.Body.WriteAsync(Sbom).AsTask());
        _web.MapGet("/apps/{app}/releases/{number:int}/provenance", context => Envelope is null
            ? FailAsync(context, 404, "not_found", "The slug has no provenance.")
            : AnswerAsync(context, Envelope, ProvenanceJson.Default.DsseEnvelope));
        _web.MapGet("/platform/signing-keys", context => AnswerAsync(context, [.. SigningKeys], ProtocolJson.Default.ImmutableArraySigningKeyInfo));
        _web.MapGet("/audit", context => AnswerAsync(context, Audit, ProtocolJson.Default.AuditReport));
    }
}
