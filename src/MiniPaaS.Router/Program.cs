using System.Net.Sockets;
using MiniPaaS.Router;
using MiniPaaS.Router.Listening;

if (args is ["--version"])
{
    Console.WriteLine($"paas-router {RouterHost.Version}");
    return 0;
}

if (!RouterSettings.TryRead(Environment.GetEnvironmentVariable, out var settings, out var problem))
{
    await Console.Error.WriteLineAsync($"paas-router: {problem}");
    return 2;
}

// Before the first socket: completions go on where the kernel reported them, without a change of thread. Two thirds of a request's
// cost were such changes. What computes for long (AdminEndpoints) therefore leaves that thread first.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
try
{
    await using var router = RouterHost.Build(settings);
    router.Services.GetRequiredService<LameDuck>().HeedSignals();
    await router.RunAsync();
    return 0;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
{
    // What an operator can mend (a taken port, a directory that cannot be written) deserves a sentence, not a stack trace.
    await Console.Error.WriteLineAsync($"paas-router: cannot start: {failure.Message}");
    return 1;
}
