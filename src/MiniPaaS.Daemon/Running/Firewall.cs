using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MiniPaaS.Daemon.Running;

/// <summary>
/// Keeps dynos and builds away from the host, from each other and from private networks but those the operator opens. Two chains of our
/// own, refilled as a whole: one reached from INPUT (the host's services), one from DOCKER-USER (everything forwarded).
/// </summary>
/// <param name="namespace">Name of the instance.</param>
/// <param name="open">Private networks that the operator opens.</param>
/// <param name="bridges">Bridges of its networks; a name that ends with <c>+</c> stands for all that begin so.</param>
internal sealed class Firewall(string @namespace, ImmutableArray<PrivateNetwork> open, params IReadOnlyList<string> bridges)
{
    // Link-local (cloud metadata), private, shared, loopback, multicast and reserved networks: RFC 6890.
    private static readonly string[] Unreachable =
        ["169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "224.0.0.0/3"];

    // Where systemd-resolved is the host's resolver, containers ask the servers behind it, as Docker Engine takes them from its file.
    private static readonly string[] ResolverFiles = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

    private string HostChain => $"{@namespace.ToUpperInvariant()}-HOST";

    private string ForwardChain => $"{@namespace.ToUpperInvariant()}-FORWARD";

    /// <summary>Lays the rules; laying them again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">iptables refused; the message has its words.</exception>
    public async Task LayAsync(CancellationToken ct)
    {
        var nameservers = Nameservers();
        await FillAsync(
            HostChain,
            ["RETURN -m conntrack --ctstate ESTABLISHED,RELATED", .. Dns(nameservers), .. Open(open.Where(network => network.IsService)), "REJECT"],
            ct);
        await FillAsync(
            ForwardChain,
            [
                "RETURN -m conntrack --ctstate ESTABLISHED,RELATED",
                .. Dns(nameservers),
                .. Open(open),
                .. Unreachable.Select(network => $"REJECT -d {network}"),
                "RETURN",
            ],
            ct);
        foreach (var bridge in bridges)
        {
            await JumpAsync("INPUT", bridge, HostChain, ct);
            await JumpAsync("DOCKER-USER", bridge, ForwardChain, ct);
        }
    }

    /// <summary>Takes everything back; what is not there is no error.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        foreach (var (parent, chain) in new[] { ("INPUT", HostChain), ("DOCKER-USER", ForwardChain) })
        {
            foreach (var bridge in bridges)
            {
                await RunAsync($"-D {parent} -i {bridge} -j {chain}", ct);
            }

            await RunAsync($"-F {chain}", ct);
            await RunAsync($"-X {chain}", ct);
        }
    }

    // Names must resolve even where the resolver lives on the host or in a private network.
    private static IEnumerable<string> Dns(IEnumerable<string> nameservers) =>
        nameservers.SelectMany(server => new[] { $"RETURN -d {server} -p udp --dport 53", $"RETURN -d {server} -p tcp --dport 53" });

    private static IEnumerable<string> Open(IEnumerable<PrivateNetwork> networks) => networks.Select(network => $"RETURN {network.Match}");

    private static string[] Nameservers() =>
        [.. ResolverFiles.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", ..] && words.Length > 1
                && IPAddress.TryParse(words[1], out var address) && address.AddressFamily == AddressFamily.InterNetwork)
            .Select(words => words[1])
            .Distinct(StringComparer.Ordinal)];

    private async Task FillAsync(string chain, IEnumerable<string> rules, CancellationToken ct)
    {
        // One iptables-restore is one transaction: there is no moment with half of the rules.
        var lines = rules.Select(rule => rule.Split(' ', 2)).Select(rule => $"-A {chain} {rule.ElementAtOrDefault(1)} -j {rule[0]}");
        var table = $"*filter\n:{chain} - [0:0]\n-F {chain}\n{string.Join('\n', lines)}\nCOMMIT\n";
        var (exitCode, error) = await ProcessAsync("iptables-restore", ["--noflush", "--wait", "10"], table, ct);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"The firewall rules of the dynos' network could not be laid: {error}");
        }
    }

    private static async Task JumpAsync(string parent, string bridge, string chain, CancellationToken ct)
    {
        if (await RunAsync($"-C {parent} -i {bridge} -j {chain}", ct) != 0
            && await RunAsync($"-I {parent} 1 -i {bridge} -j {chain}", ct) != 0)
        {
            throw new InvalidOperationException($"iptables has no chain {parent}; is Docker Engine running with its iptables option on?");
        }
    }

    private static async Task<int> RunAsync(string rule, CancellationToken ct) =>
        (await ProcessAsync("iptables", ["--wait", "10", .. rule.Split(' ')], input: null, ct)).ExitCode;

    private static async Task<(int ExitCode, string Error)> ProcessAsync(
        string program, IEnumerable<string> arguments, string? input, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), ct);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var error = await process.StandardError.ReadToEndAsync(ct);
            await output;
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, error.Trim());
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"The program {program} is missing; install the package iptables.", e);
        }
    }
}
