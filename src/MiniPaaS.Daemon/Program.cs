using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon;
using MiniPaaS.Daemon.Attesting;
using MiniPaaS.Daemon.Store;

// paasd: the control plane. Without a command it serves; the commands are for install.sh and the server's administrator.
try
{
    var settings = Settings.FromEnvironment();
    switch (args)
    {
        case []:
            await ControlPlane.ServeAsync(settings);
            return 0;
        case ["--version"]:
            Console.WriteLine(ProductVersion.Text);
            return 0;
        case ["token", "create", "--name", var user]:
            using (var database = Database.Open(settings.Database))
            {
                Console.WriteLine(await database.WriteAsync(db => TokenTable.Create(db, user, TimeProvider.System.GetUtcNow()), CancellationToken.None));
            }

            return 0;
        case ["firewall", "remove"]:
            await ControlPlane.RemoveFirewallAsync(settings);
            return 0;
        case ["signing-key", "rotate"]:
            Console.WriteLine(new SigningKeys(settings, NullLogger<SigningKeys>.Instance).Rotate());
            return 0;
        default:
            Console.Error.WriteLine("usage: paasd [--version | token create --name USER | firewall remove | signing-key rotate]");
            return 2;
    }
}
catch (Exception e) when (e is FormatException or InvalidOperationException or IOException or MiniPaaS.Docker.DockerException)
{
    Console.Error.WriteLine($"paasd: {e.Message}");
    return 1;
}
