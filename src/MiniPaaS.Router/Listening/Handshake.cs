using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using MiniPaaS.Router.Forwarding;
using MiniPaaS.Router.Routing;

namespace MiniPaaS.Router.Listening;

/// <summary>Chooses the certificate of a TLS handshake by the name that the visitor asks for (SNI, RFC 6066, 3).</summary>
internal sealed class Handshake(
    CertificateBook certificates, LocalIssuer issuer, RouteBoard board, ControlPlane controlPlane, RouterSettings settings)
{
    // A fatal alert unrecognized_name (112) in a record of its own; before any ServerHello alerts are plain (RFC 8446, 6).
    private static readonly byte[] UnrecognizedName = [21, 3, 3, 0, 2, 2, 112];

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    private readonly string controlHost = $"paas.{settings.Domain}";

    /// <summary>What is presented to this visitor.</summary>
    /// <exception cref="AuthenticationException">There is nothing for that name; the visitor was told.</exception>
    public async ValueTask<SslServerAuthenticationOptions> AnswerAsync(TlsHandshakeCallbackContext hello)
    {
        // A signature takes longer than many requests: not on a thread that carries those.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var name = hello.ClientHelloInfo.ServerName.TrimEnd('.').ToLowerInvariant();
        var options = name.Length == 0 || IPAddress.TryParse(name, out _) ? ForAddress(hello) : ForHost(name);
        return options ?? await RefuseAsync(hello, name);
    }

    /// <summary>Serves the connection and then says that it is over (close_notify), so that an end is told from a break (RFC 8446, 6.1).</summary>
    public static async Task FarewellAsync(ConnectionDelegate serve, ConnectionContext connection)
    {
        await serve(connection);
        try
        {
            await connection.Features.Get<ISslStreamFeature>()!.SslStream.ShutdownAsync();
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The visitor has hung up first.
        }
    }

    private SslServerAuthenticationOptions? ForHost(string name)
    {
        if (certificates.Find(name) is { } sent)
        {
            return sent;
        }

        var ours = !name.AsSpan().ContainsAnyExcept(NameCharacters) && (board.Hosts.Find(name) is not null || controlPlane.AnswersTo(name));
        return ours ? issuer.ForHost(name) : null;
    }

    // Who names an address, or nothing, can only mean the control plane: apps are asked for by name.
    private SslServerAuthenticationOptions? ForAddress(TlsHandshakeCallbackContext hello)
    {
        var made = hello.Connection.LocalEndPoint is IPEndPoint local ? issuer.ForAddress(local.Address, [controlHost, "localhost"]) : null;
        return made ?? certificates.Find(controlHost);
    }

    private static async ValueTask<SslServerAuthenticationOptions> RefuseAsync(TlsHandshakeCallbackContext hello, string name)
    {
        await hello.Connection.Transport.Output.WriteAsync(UnrecognizedName, hello.CancellationToken);
        throw new AuthenticationException($"There is no certificate for '{name}'.");
    }
}
