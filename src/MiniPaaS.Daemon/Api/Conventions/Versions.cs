using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>The API has one version, 3, with whatever variant (<c>3.sdk</c>) a client names; who asks for another is told so.</summary>
internal static partial class Versions
{
    public static void UseVersions(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.Request.Headers.Accept.ToString() is { Length: > 0 } accept && Unknown(accept) is { } version)
        {
            await ApiResults.Error(
                StatusCodes.Status406NotAcceptable,
                "not_acceptable",
                $"There is no version \"{version}\" of this API. Ask for version 3: Accept: application/vnd.heroku+json; version=3").ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    });

    /// <summary>The version that a client insists on and that there is not, or null.</summary>
    public static string? Unknown(string accept)
    {
        var asked = accept.Split(',', StringSplitOptions.TrimEntries)
            .Select(type => Vendor().Match(type))
            .Where(match => match.Success && match.Groups["version"].Success)
            .Select(match => match.Groups["version"].Value)
            .ToArray();
        return asked.Length == 0 || accept.Contains("*/*", StringComparison.Ordinal) || asked.Any(version => version == "3" || version.StartsWith("3.", StringComparison.Ordinal))
            ? null
            : asked[0];
    }

    [GeneratedRegex("^application/vnd\\.heroku\\+json\\s*(?:;.*?\\bversion\\s*=\\s*\"?(?<version>[^;\"\\s]*))?",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Vendor();
}
