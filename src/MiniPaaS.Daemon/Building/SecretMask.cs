using System.Buffers;
using System.Text;
using MiniPaaS.Daemon.Apps;

namespace MiniPaaS.Daemon.Building;

/// <summary>
/// Keeps the values of config vars out of what a build prints. Values are hidden as they are written; of one with several lines each
/// line counts for itself. What is encoded in another way cannot be known.
/// </summary>
internal sealed class SecretMask
{
    /// <summary>Fewest bytes of a value that is hidden: shorter ones are found in any text, and are not secrets.</summary>
    public const int MinLength = 8;

    /// <summary>Hides nothing.</summary>
    public static readonly SecretMask None = new([]);

    // What everybody's NODE_ENV or RAILS_ENV is would blank the words of every build tool.
    private static readonly string[] Ordinary = ["production", "development", "localhost"];
    private static readonly byte[] Hidden = "[redacted]"u8.ToArray();

    private readonly byte[][] secrets;
    private readonly SearchValues<byte> first;

    private SecretMask(byte[][] secrets)
    {
        this.secrets = secrets;
        first = SearchValues.Create([.. secrets.Select(secret => secret[0]).Distinct()]);
    }

    public static SecretMask Of(ConfigVars vars) => new(
    [
        .. vars.Values
            .SelectMany(v => SecretsOf(v.Key, v.Value.Reveal()))
            .Select(line => line.Trim())
            .Where(line => !Ordinary.Contains(line, StringComparer.OrdinalIgnoreCase))
            .Select(Encoding.UTF8.GetBytes)
            .Where(line => line.Length >= MinLength)
            .DistinctBy(Convert.ToHexString)
            .OrderByDescending(line => line.Length),
    ]);

    // Where a buildpack comes from is said to everybody; only the password in it is not.
    private static string[] SecretsOf(string name, string value) => name == "BUILDPACK_URL"
        ? [Uri.TryCreate(value, UriKind.Absolute, out var url) ? url.UserInfo[(url.UserInfo.IndexOf(':', StringComparison.Ordinal) + 1)..] : ""]
        : value.ReplaceLineEndings("\n").Split('\n');

    /// <summary>A text without the values.</summary>
    public string Apply(string text)
    {
        if (secrets.Length == 0)
        {
            return text;
        }

        var stream = new Stream(this);
        return Encoding.UTF8.GetString([.. stream.Add(Encoding.UTF8.GetBytes(text)), .. stream.Flush()]);
    }

    /// <summary>A stream of bytes, in pieces that may cut a value in two.</summary>
    public Stream Begin() => new(this);

    // The longest value that is here, and whether a longer one may still come.
    private (byte[]? Secret, bool MayBegin) Match(ReadOnlySpan<byte> data)
    {
        var mayBegin = false;
        foreach (var secret in secrets)
        {
            if (data.StartsWith(secret))
            {
                return (secret, mayBegin);
            }

            mayBegin |= secret.Length > data.Length && secret.AsSpan().StartsWith(data);
        }

        return (null, mayBegin);
    }

    /// <summary>The state of one stream: what may be the beginning of a value is kept until it is known.</summary>
    internal sealed class Stream(SecretMask mask)
    {
        private byte[] kept = [];

        /// <summary>Takes a piece and returns what can be shown by now.</summary>
        public byte[] Add(ReadOnlySpan<byte> piece) => mask.secrets.Length == 0 ? piece.ToArray() : Show([.. kept, .. piece], isEnd: false);

        /// <summary>What was kept, at the end of the stream.</summary>
        public byte[] Flush() => Show(kept, isEnd: true);

        private byte[] Show(byte[] joined, bool isEnd)
        {
            var data = joined.AsSpan();
            var shown = new ArrayBufferWriter<byte>(joined.Length + Hidden.Length);
            kept = [];
            for (int at; (at = data.IndexOfAny(mask.first)) >= 0;)
            {
                shown.Write(data[..at]);
                data = data[at..];
                var (secret, mayBegin) = mask.Match(data);
                if (mayBegin && !isEnd)
                {
                    kept = data.ToArray();
                    return shown.WrittenSpan.ToArray();
                }

                shown.Write(secret is null ? data[..1] : Hidden);
                data = data[(secret?.Length ?? 1)..];
            }

            shown.Write(data);
            return shown.WrittenSpan.ToArray();
        }
    }
}
