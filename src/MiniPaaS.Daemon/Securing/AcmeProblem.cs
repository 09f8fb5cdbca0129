using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Securing;

/// <summary>Why an order failed, in words for whoever owns the domain.</summary>
/// <param name="Reason">What happened, and what to do.</param>
/// <param name="IsRateLimit">True when the authority wants to be left alone for a while.</param>
internal sealed partial record AcmeProblem(string Reason, bool IsRateLimit)
{
    private const int LongestDetail = 400;

    /// <summary>Reads what the client printed: the authority's problem document (RFC 8555, 6.7) or, without one, its last words.</summary>
    public static AcmeProblem Of(string host, string errors)
    {
        // The last one: those before it were overcome, as a stale nonce is by asking again.
        if (Problem().Matches(errors).LastOrDefault() is not { } match)
        {
            var lines = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var last = lines.FirstOrDefault(line => line.StartsWith("panic: ", StringComparison.Ordinal)) ?? lines.LastOrDefault();
            return new AcmeProblem(
                last is null ? "lego failed without a word." : $"The order could not be made: {Short(Stamp().Replace(last, ""))}", IsRateLimit: false);
        }

        var detail = Short(match.Groups["detail"].Value);
        var type = match.Groups["type"].Value;
        // Not every authority has a type of its own for it.
        if (type == "connection" && Unresolved().IsMatch(detail))
        {
            type = "dns";
        }

        return new AcmeProblem($"{Explain(type, host)} The certificate authority said: {detail}", type == "rateLimited");
    }

    private static string Explain(string type, string host) => type switch
    {
        "dns" => $"The name {host} cannot be resolved: add a DNS record (A, AAAA or CNAME) that leads to this machine.",
        "connection" => $"{host} could not be reached on port 80 at the address that DNS gives: check that its record leads to this machine "
            + "and that no firewall is in between.",
        "unauthorized" or "incorrectResponse" => $"Somebody else answered for {host}: its DNS record leads to another machine, or something in "
            + "front of this one (a CDN, a proxy) keeps the challenge.",
        "caa" => $"The CAA records of {host} forbid this certificate authority: add it to them, or remove them.",
        "rejectedIdentifier" => $"The certificate authority issues nothing for {host}: it is not a public host name, or on a list of refusals.",
        "rateLimited" => "The certificate authority has issued or refused too much lately and wants a pause.",
        "malformed" or "invalidContact" or "unsupportedContact" => "The certificate authority did not accept the order: check MINIPAAS_ACME_EMAIL.",
        "userActionRequired" or "externalAccountRequired" or "accountDoesNotExist" =>
            "The certificate authority did not accept the account.",
        "serverInternal" or "badNonce" => "The certificate authority has trouble of its own.",
        _ => $"The certificate authority refused the order ({type}).",
    };

    private static string Short(string text) => text.Length <= LongestDetail ? text : text[..LongestDetail] + "...";

    // As in: acme: error: 400 :: urn:ietf:params:acme:error:dns :: DNS problem: NXDOMAIN looking up A for ...
    [GeneratedRegex(@"urn:ietf:params:acme:error:(?<type>[A-Za-z]+) :: (?<detail>[^\n]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Problem();

    [GeneratedRegex("NXDOMAIN|SERVFAIL|no such host|could not resolve|while resolving", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unresolved();

    [GeneratedRegex(@"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Stamp();
}
