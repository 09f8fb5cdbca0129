using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MiniPaaS.Daemon.Building.Containers;

/// <summary>
/// What heroku.yml says of an app (Heroku: "Building Docker Images with heroku.yml"): one image, arguments of its build, and commands. Of
/// what it may say besides, <c>setup</c> is ignored, as on Heroku for an app that exists.
/// </summary>
/// <param name="Dockerfile">Path of the Dockerfile.</param>
/// <param name="Target">Stage to end with, or null.</param>
/// <param name="Arguments">Values of ARG instructions.</param>
/// <param name="Commands">Commands by process type, the release phase among them.</param>
internal sealed record HerokuYml(
    string Dockerfile, string? Target, ImmutableSortedDictionary<string, string> Arguments, ImmutableSortedDictionary<string, string> Commands)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "heroku.yml";

    /// <summary>Longest file in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>What holds where there is no such file.</summary>
    public static readonly HerokuYml Default = new(
        "Dockerfile", Target: null, ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">It says what cannot be done, or is no such file.</exception>
    public static HerokuYml Parse(string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}: {e.Message}", e);
        }

        var root = yaml.Documents.FirstOrDefault()?.RootNode as YamlMappingNode ?? throw new FormatException("it is not a mapping");
        var build = Mapping(root, "build");
        var images = Mapping(build, "docker").Children.ToArray();
        if (images.Length != 1)
        {
            throw new FormatException(images.Length == 0
                ? "build.docker names no image, as in web: Dockerfile"
                : $"build.docker names {images.Length} images; an app of this platform has one, and its process types differ by their commands (run)");
        }

        var image = images[0].Value;
        return new HerokuYml(
            image is YamlMappingNode detailed ? Scalar(detailed, "dockerfile") ?? Default.Dockerfile : Text(image, "build.docker"),
            image is YamlMappingNode targeted ? Scalar(targeted, "target") : null,
            Mapping(build, "config").Children.ToImmutableSortedDictionary(
                pair => Text(pair.Key, "build.config"), pair => Text(pair.Value, "build.config"), StringComparer.Ordinal),
            CommandsIn(root).ToImmutableSortedDictionary(command => command.Type, command => command.Text, StringComparer.Ordinal));
    }

    private static IEnumerable<(string Type, string Text)> CommandsIn(YamlMappingNode root)
    {
        foreach (var (type, command) in Mapping(root, "run").Children)
        {
            var name = Text(type, "run");
            yield return Procfile.IsType(name)
                ? (name, Command(command, $"run.{name}"))
                : throw new FormatException($"\"{name}\" is not the name of a process type");
        }

        if (root.Children.TryGetValue(new YamlScalarNode(Release.ReleasePhase), out var release))
        {
            yield return (Release.ReleasePhase, Command(release, Release.ReleasePhase));
        }
    }

    // A word, or a mapping with a command that may be several, one after the other.
    private static string Command(YamlNode node, string where) => node switch
    {
        YamlScalarNode { Value: { Length: > 0 } text } => text,
        YamlSequenceNode { Children.Count: > 0 } several => string.Join(" && ", several.Children.Select(one => Text(one, where))),
        YamlMappingNode detailed when detailed.Children.TryGetValue(new YamlScalarNode("command"), out var command) => Command(command, where),
        _ => throw new FormatException($"{where} has no command"),
    };

    private static YamlMappingNode Mapping(YamlMappingNode node, string key) =>
        !node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? []
        : value as YamlMappingNode ?? throw new FormatException($"{key} is not a mapping");

    private static string? Scalar(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? Text(value, key) : null;

    private static string Text(YamlNode node, string where) =>
        node is YamlScalarNode { Value: { } text } ? text : throw new FormatException($"{where} has something else than a text where one is needed");
}
