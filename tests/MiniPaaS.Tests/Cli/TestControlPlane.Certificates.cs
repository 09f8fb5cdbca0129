using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniPaaS.Protocol;

namespace MiniPaaS.Tests.Cli;

/// <summary>Certificates of the apps and of the platform.</summary>
public sealed partial class TestControlPlane
{
    public ImmutableArray<SniEndpointInfo> Certificates { get; set; } = [];

    public AcmInfo Acm { get; set; } = new(false, "https://ca.test/directory", []);

    /// <summary>Root certificate of the local CA.</summary>
    public string RootCertificate { get; } = Securing.Issue.Root("MiniPaaS CA of test").Chain;

    public static SniEndpointInfo Certificate(string name, string host, bool acm = false, params string[] warnings) =>
        Wire.Certificate(name, host, acm, [.. warnings]);

    private void MapCertificates()
    {
        _web.MapGet("/platform/ca.pem", context => context.Response.WriteAsync(RootCertificate));
        _web.MapGet("/apps/{app}/sni-endpoints", context => AnswerAsync(context, Certificates, ProtocolJson.Default.ImmutableArraySniEndpointInfo));
        _web.MapPost("/apps/{app}/sni-endpoints", async context =>
        {
            var upload = (await BodyAsync(context, ProtocolJson.Default.SniEndpointUpload))!;
            if (!upload.PrivateKey!.Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                await FailAsync(context, 422, "invalid_params", "The private key is not PEM.");
                return;
            }
            var added = Certificate("shop-test-1", upload.Domains is { IsEmpty: false } chosen ? chosen[0] : "shop.test", false, "It does not name other.test.");
            Certificates = Certificates.Add(added);
            await AnswerAsync(context, added, ProtocolJson.Default.SniEndpointInfo, 201);
        });
        _web.MapPatch("/apps/{app}/sni-endpoints/{name}", context => AnswerAsync(context, Named(context), ProtocolJson.Default.SniEndpointInfo));
        _web.MapDelete("/apps/{app}/sni-endpoints/{name}", context =>
        {
            var removed = Named(context);
            Certificates = Certificates.Remove(removed);
            return AnswerAsync(context, removed, ProtocolJson.Default.SniEndpointInfo);
        });
        _web.MapGet("/apps/{app}/acm", context => AnswerAsync(context, Acm, ProtocolJson.Default.AcmInfo));
        _web.MapPost("/apps/{app}/acm", context => AnswerAsync(context, Acm = Acm with { Enabled = true }, ProtocolJson.Default.AcmInfo));
        _web.MapPatch("/apps/{app}/acm", context => AnswerAsync(context, Acm, ProtocolJson.Default.AcmInfo));
        _web.MapDelete("/apps/{app}/acm", context => AnswerAsync(context, Acm = Acm with { Enabled = false, Domains = [] }, ProtocolJson.Default.AcmInfo));
    }

    private SniEndpointInfo Named(HttpContext context) => Certificates.Single(one => one.Name == (string)context.Request.RouteValues["name"]!);
}
