namespace MiniPaaS.Engine.Tests.Docker;

/// <summary>Tests that use the engine run one class at a time, over one base image.</summary>
[CollectionDefinition(Name)]
public sealed class EngineCollection : ICollectionFixture<EngineFixture>
{
    public const string Name = "engine";
}
