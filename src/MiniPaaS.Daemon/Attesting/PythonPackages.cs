namespace MiniPaaS.Daemon.Attesting;

/// <summary>Python distributions, by the <c>METADATA</c> (or <c>PKG-INFO</c>) that each has beside it once it is installed.</summary>
internal static class PythonPackages
{
    private const string LicenceClassifier = "License :: ";
    private const int LongestLicence = 60;

    /// <summary>Reads one distribution's core metadata; a description may follow the headers.</summary>
    public static IEnumerable<Component> Installed(string metadata)
    {
        string? name = null, version = null, expression = null, licence = null;
        var classifiers = new List<string>();
        foreach (var line in metadata.Split('\n').Select(line => line.TrimEnd('\r')).TakeWhile(line => line.Length > 0))
        {
            var (field, value) = Header(line);
            switch (field)
            {
                case "name": name ??= value; break;
                case "version": version ??= value; break;
                case "license-expression": expression ??= value; break;
                case "license": licence ??= value; break;
                case "classifier" when value.StartsWith(LicenceClassifier, StringComparison.Ordinal):
                    classifiers.Add(value[(value.LastIndexOf(':') + 1)..].Trim());
                    break;
                default: break;
            }
        }

        if (Component.Of(PackageUrl.Python, name, version) is { } component)
        {
            // The field License may hold a whole licence instead of its name.
            var stated = expression ?? (licence is { Length: > 0 and <= LongestLicence } and not "UNKNOWN" ? licence : null);
            yield return stated is null ? component.Licensed(classifiers) : component.Licensed(stated);
        }
    }

    private static (string Field, string Value) Header(string line)
    {
        var colon = char.IsWhiteSpace(line[0]) ? -1 : line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? (line[..colon].ToLowerInvariant(), line[(colon + 1)..].Trim()) : ("", "");
    }
}
