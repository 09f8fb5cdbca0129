using System.Collections.Immutable;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/regions</c>: there is one, this machine. Of teams and private spaces there are none.</summary>
internal sealed class RegionEndpoints(Database database, Places places, Settings settings)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/regions", (HttpContext context) => Lists.Of(
            context, [Describe()], ProtocolJson.Default.ImmutableArrayRegionInfo, ("id", region => region.Id), ("name", region => region.Name)));
        routes.MapGet("/regions/{region}", (string region) => places.IsRegion(region)
            ? ApiResults.Json(Describe(), ProtocolJson.Default.RegionInfo)
            : ApiResults.NotFound($"There is no region \"{region}\" here; there is one: {Places.RegionName}.", "region"));
        foreach (var nothing in (string[])["/teams", "/organizations", "/spaces", "/enterprise-accounts"])
        {
            routes.MapGet(nothing, (HttpContext context) => Lists.Of(
                context, ImmutableArray<Reference>.Empty, ProtocolJson.Default.ImmutableArrayReference, ("id", one => one.Id), ("name", one => one.Name)));
        }
    }

    private RegionInfo Describe()
    {
        var since = database.Read(SecretTable.Since);
        return new RegionInfo(
            places.Region.Id, places.Region.Name, $"This machine ({settings.ControlHost})", "", "", PrivateCapable: false, Default: true,
            new RegionProvider("minipaas", settings.Domain), since, since);
    }
}
