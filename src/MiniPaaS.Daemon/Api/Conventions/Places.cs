using System.Collections.Concurrent;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>What apps run on, as other resources refer to it: there is one region, one generation and one size of dynos.</summary>
internal sealed class Places(ResourceIds ids)
{
    /// <summary>Name of the region. Heroku's CLI shows any other beside every app.</summary>
    public const string RegionName = "us";

    /// <summary>The size of every dyno, by the name of the Heroku size that has the same memory.</summary>
    public const string SizeName = "Standard-1X";

    private readonly ConcurrentDictionary<string, Reference> stacks = new(StringComparer.Ordinal);

    public Reference Region { get; } = new(ids.Named(ResourceKind.Region, RegionName), RegionName);

    /// <summary>Heroku's word for apps made of slugs.</summary>
    public Reference Generation { get; } = new(ids.Named(ResourceKind.Generation, "cedar"), "cedar");

    public Reference Size { get; } = new(ids.Named(ResourceKind.DynoSize, SizeName), SizeName);

    public Reference Stack(string name) => stacks.GetOrAdd(name, one => new Reference(ids.Named(ResourceKind.Stack, one), one));

    /// <summary>The name of a stack that was given by name or uuid.</summary>
    public string StackName(string given, IEnumerable<string> installed) =>
        installed.FirstOrDefault(name => ResourceIds.Same(Stack(name).Id, given)) ?? given;

    /// <summary>True for the name or the uuid of the region.</summary>
    public bool IsRegion(string given) => given == RegionName || ResourceIds.Same(Region.Id, given);
}
