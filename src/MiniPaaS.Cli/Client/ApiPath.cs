namespace MiniPaaS.Cli.Client;

/// <summary>Builds request paths of which every segment stays one segment, whatever a user typed.</summary>
internal static class ApiPath
{
    public static string Of(params ReadOnlySpan<string> segments)
    {
        var path = "";
        foreach (var segment in segments)
        {
            // Dot segments are not escaped by EscapeDataString, but are resolved away by Uri.
            if (segment is "" or "." or "..")
            {
                throw new PaasException($"\"{segment}\" is not a name.", ExitCodes.Usage);
            }
            path += "/" + Uri.EscapeDataString(segment);
        }
        return path;
    }
}
