using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniPaaS.Cli.Client;

/// <summary>What <c>paas login</c> keeps.</summary>
/// <param name="Server">Address of the control plane.</param>
/// <param name="Token">API token; a secret.</param>
internal sealed record ConfigFile(string? Server, string? Token);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ConfigFile))]
internal sealed partial class ConfigFileJson : JsonSerializerContext;

/// <summary>Server and token in force: environment first, then the config file.</summary>
internal sealed record ClientSettings(ServerAddress Server, string? Token)
{
    public static string FilePath
    {
        get
        {
            var home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
            if (string.IsNullOrEmpty(home) || !Path.IsPathRooted(home))
            {
                home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
            }
            return Path.Combine(home, "minipaas", "config.json");
        }
    }

    public static ClientSettings Load()
    {
        var file = ReadFile();
        var environmentServer = Environment.GetEnvironmentVariable("PAAS_SERVER");
        var environmentToken = Environment.GetEnvironmentVariable("PAAS_TOKEN");
        var fileServer = Parse(file.Server, $"\"server\" in {FilePath}") ?? ServerAddress.Default;
        var server = Parse(environmentServer, "PAAS_SERVER") ?? fileServer;

        // A token is good for the server it came from and must never be shown to another one.
        var fileToken = server == fileServer ? file.Token : null;
        return new ClientSettings(server, string.IsNullOrEmpty(environmentToken) ? fileToken : environmentToken);
    }

    /// <summary>Writes the file for its owner alone, in one step: a reader sees the old or the new one.</summary>
    public static void Save(ServerAddress server, string? token)
    {
        var directory = Path.GetDirectoryName(FilePath)!;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = $"{FilePath}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, new ConfigFile(server.ToString(), token), ConfigFileJson.Default.ConfigFile);
        }
        File.Move(temporary, FilePath, overwrite: true);
    }

    public static ServerAddress? Parse(string? text, string source)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        return ServerAddress.TryParse(text, out var server)
            ? server
            : throw new PaasException($"{source} is \"{text}\", which is not a server address like http://paas.localhost.", ExitCodes.Usage);
    }

    private static ConfigFile ReadFile()
    {
        try
        {
            using var stream = File.OpenRead(FilePath);
            return JsonSerializer.Deserialize(stream, ConfigFileJson.Default.ConfigFile) ?? new ConfigFile(null, null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigFile(null, null);
        }
        catch (JsonException)
        {
            throw new PaasException($"{FilePath} is not valid JSON. Delete it and run `paas login` again.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new PaasException($"{FilePath} cannot be read by this user. Check its owner; its mode should be 600.");
        }
    }
}
