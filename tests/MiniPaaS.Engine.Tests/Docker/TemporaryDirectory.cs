namespace MiniPaaS.Engine.Tests.Docker;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("minipaas-test-").FullName;

    public TemporaryDirectory() =>
        File.SetUnixFileMode(Path, (UnixFileMode)Convert.ToInt32("755", 8));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
