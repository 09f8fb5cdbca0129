using System.Text.Json;

namespace MiniPaaS.Docker;

/// <summary>The config of a layered image. Its digest is the image's id, so every byte follows from base and spec alone.</summary>
internal static class LayeredImageConfig
{
    public static byte[] Write(ImageDetails baseImage, LayeredImageSpec spec) => JsonBytes.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("architecture", baseImage.Architecture);
        json.WriteString("os", baseImage.Os);
        json.WriteString("created", Time(spec.Created));
        json.WriteStartObject("config");
        WriteConfig(json, baseImage.Config, spec);
        json.WriteEndObject();
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        json.WriteStrings("diff_ids", [.. baseImage.RootFS.Layers, .. spec.Layers]);
        json.WriteEndObject();
        WriteHistory(json, baseImage, spec);
        json.WriteEndObject();
    });

    private static void WriteConfig(Utf8JsonWriter json, ImageConfig inherited, LayeredImageSpec spec)
    {
        json.WriteString("User", spec.User ?? inherited.User);
        json.WriteString("WorkingDir", spec.WorkingDir ?? inherited.WorkingDir);
        json.WriteStrings("Env", Merge(inherited.Env, spec.Env));
        if (!inherited.Entrypoint.IsEmpty)
            json.WriteStrings("Entrypoint", inherited.Entrypoint);
        json.WriteStrings("Cmd", spec.Cmd.IsEmpty ? inherited.Cmd : spec.Cmd);
        if (inherited.StopSignal.Length > 0)
            json.WriteString("StopSignal", inherited.StopSignal);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in inherited.Labels.Concat(spec.Labels))
            labels[key] = value;
        json.WriteStartObject("Labels");
        foreach (var (key, value) in labels)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    /// <summary>One entry per layer. The base's own history is not part of what inspect shows, so its entries name the base instead.</summary>
    private static void WriteHistory(Utf8JsonWriter json, ImageDetails baseImage, LayeredImageSpec spec)
    {
        json.WriteStartArray("history");
        foreach (var _ in baseImage.RootFS.Layers)
            WriteHistoryEntry(json, baseImage.Created, "layer of " + baseImage.Id);
        foreach (var _ in spec.Layers)
            WriteHistoryEntry(json, spec.Created, spec.CreatedBy);
        json.WriteEndArray();
    }

    private static void WriteHistoryEntry(Utf8JsonWriter json, DateTimeOffset created, string createdBy)
    {
        json.WriteStartObject();
        json.WriteString("created", Time(created));
        json.WriteString("created_by", createdBy);
        json.WriteEndObject();
    }

    /// <summary>The base's order, replaced in place, then what is new: PATH and the like stay where readers expect them.</summary>
    private static List<string> Merge(IEnumerable<string> inherited, IEnumerable<string> own)
    {
        var merged = new List<string>();
        foreach (var entry in inherited.Concat(own))
        {
            var key = entry.Split('=', 2)[0] + "=";
            var index = merged.FindIndex(other => other.StartsWith(key, StringComparison.Ordinal));
            if (index < 0)
                merged.Add(entry);
            else
                merged[index] = entry;
        }
        return merged;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'");
}
