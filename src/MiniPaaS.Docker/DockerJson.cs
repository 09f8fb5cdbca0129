using System.Text.Json.Serialization;
using MiniPaaS.Docker.Wire;

namespace MiniPaaS.Docker;

/// <summary>The engine's JSON: PascalCase names as the records spell them, absent rather than null.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineVersion))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(EngineError))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(CreatedId))]
[JsonSerializable(typeof(WaitAnswer))]
[JsonSerializable(typeof(ContainerCreate))]
[JsonSerializable(typeof(ContainerInspect))]
[JsonSerializable(typeof(ContainerListItem[]))]
[JsonSerializable(typeof(ContainerStats))]
[JsonSerializable(typeof(ExecCreate))]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(ExecInspect))]
[JsonSerializable(typeof(EventLine))]
[JsonSerializable(typeof(ImageInspect))]
[JsonSerializable(typeof(ContainerUpdate))]
[JsonSerializable(typeof(ImageListItem[]))]
[JsonSerializable(typeof(ImageManifest))]
[JsonSerializable(typeof(NetworkCreate))]
[JsonSerializable(typeof(NetworkInspect))]
[JsonSerializable(typeof(NetworkInspect[]))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
internal sealed partial class DockerJson : JsonSerializerContext;
