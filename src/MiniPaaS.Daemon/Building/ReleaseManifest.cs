using System.Collections.Immutable;
using MiniPaaS.Daemon.Apps;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MiniPaaS.Daemon.Building;

/// <summary>What a buildpack's <c>bin/release</c> prints. Only the default process types still have a meaning.</summary>
internal static class ReleaseManifest
{
    /// <summary>Longest output in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Reads the default process types; nothing, <c>---</c> and <c>--- {}</c> mean none.</summary>
    /// <remarks>Event by event: a document nested a thousand times deep, or one that repeats itself by aliases, costs nothing.</remarks>
    /// <exception cref="FormatException">The text is not YAML, or not of the form expected.</exception>
    public static ImmutableSortedDictionary<string, string> DefaultProcessTypes(string yaml)
    {
        var types = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<DocumentStart>(out _) && !parser.TryConsume<Scalar>(out _))
            {
                ReadDocument(parser, types);
            }
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}: {e.Message}", e);
        }

        return types.ToImmutable();
    }

    private static void ReadDocument(Parser parser, ImmutableSortedDictionary<string, string>.Builder types)
    {
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>().Value;
            if (key == "default_process_types" && parser.TryConsume<MappingStart>(out _))
            {
                ReadTypes(parser, types);
            }
            else
            {
                parser.SkipThisAndNestedEvents();
            }
        }
    }

    private static void ReadTypes(Parser parser, ImmutableSortedDictionary<string, string>.Builder types)
    {
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var type = parser.Consume<Scalar>().Value;
            var command = parser.Consume<Scalar>().Value;
            if (!Procfile.IsType(type) || string.IsNullOrWhiteSpace(command) || command.AsSpan().ContainsAny('\n', '\0'))
            {
                throw new FormatException($"\"{type}\" is not a process type with a command of one line");
            }

            types[type] = command;
        }
    }
}
