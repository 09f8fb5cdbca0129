using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Securing;

/// <summary>Answers to HTTP-01 challenges (RFC 8555, 8.3): files that the ACME client leaves while an order is under way.</summary>
internal sealed partial class AcmeChallenges(AcmeSettings settings)
{
    /// <summary>Path under which an authority asks for them, with a closing slash.</summary>
    public const string Path = "/.well-known/acme-challenge/";

    private const int LongestAnswer = 4096;

    /// <summary>Folder that the ACME client treats as the root of a web site.</summary>
    public string WebRoot => System.IO.Path.Combine(settings.StateDir, "webroot");

    /// <summary>The answer to a token, or null.</summary>
    public async Task<string?> AnswerAsync(string token, CancellationToken ct)
    {
        var file = new FileInfo(WebRoot + Path + token);
        return Token().IsMatch(token) && file is { Exists: true, Length: <= LongestAnswer }
            ? await File.ReadAllTextAsync(file.FullName, ct)
            : null;
    }

    // base64url without padding, which no path can be made of.
    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,200}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
