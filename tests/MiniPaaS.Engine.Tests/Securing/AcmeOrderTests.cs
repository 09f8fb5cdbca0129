using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MiniPaaS.Daemon.Apps;
using MiniPaaS.Daemon.Logging;
using MiniPaaS.Daemon.Securing;
using MiniPaaS.Daemon.Store;
using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.Engine.Tests.Securing;

/// <summary>Orders with the real lego at the real pebble, which asks a real web server for the challenges.</summary>
public sealed class AcmeOrderTests : IAsyncLifetime
{
    private const string Host = "shop.test";
    private static readonly TimeSpan Validity = TimeSpan.FromDays(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minipaas-acme-");
    private readonly Clock clock = new();
    private Database database = null!;
    private WebApplication web = null!;
    private Pebble pebble = null!;
    private AcmeSettings settings = null!;
    private LogBook logs = null!;
    private long app;

    private AcmeChallenges Challenges => new(settings);

    private AcmeClient Client => new(settings, Challenges, clock);

    private AcmeOrders Orders => new(
        database, Client, (_, _, _) => Task.FromResult(true), logs, settings, clock, NullLogger<AcmeOrders>.Instance);

    public async Task InitializeAsync()
    {
        web = await StartWebAsync();
        var port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        pebble = await Pebble.StartAsync(port, Validity);
        settings = AcmeSettings.Read(
            name => name switch
            {
                "MINIPAAS_ACME_DIRECTORY" => pebble.Directory,
                "MINIPAAS_ACME_EMAIL" => "ada@example.org",
                "MINIPAAS_ACME_CA_CERTIFICATES" => pebble.CaCertificates,
                _ => null,
            },
            folder.FullName);
        logs = new LogBook(Path.Combine(folder.FullName, "logs"), clock);
        database = Database.Open(Path.Combine(folder.FullName, "db"));
        app = await database.WriteAsync(
            db =>
            {
                Assert.True(AppName.TryParse("shop", out var name, out _));
                var made = AppTable.Insert(db, name, null, Host, clock.GetUtcNow())!;
                AcmeTable.Enable(db, made.Id, clock.GetUtcNow());
                return made.Id;
            },
            default);
    }

    [Fact]
    public async Task A_domain_gets_a_certificate_and_the_next_one_with_a_third_of_its_lifetime_left()
    {
        pebble.Resolve(Host, IPAddress.Loopback);

        await Orders.PassAsync(default);

        var first = Known();
        Assert.True(first.Certificate!.IsFor(Host));
        Assert.InRange(first.Certificate.NotAfter, clock.GetUtcNow() + Validity - TimeSpan.FromHours(1), clock.GetUtcNow() + Validity);
        Assert.Null(first.Error);
        Assert.Contains($"The certificate for {Host} was issued", Log(), StringComparison.Ordinal);

        clock.Advance(TimeSpan.FromDays(59));
        await Orders.PassAsync(default);
        Assert.Equal(first.Certificate.Chain, Known().Certificate!.Chain);

        clock.Advance(TimeSpan.FromDays(2));
        await Orders.PassAsync(default);
        Assert.NotEqual(first.Certificate.Chain, Known().Certificate!.Chain);
        Assert.NotEqual(first.Certificate.Key, Known().Certificate!.Key);
    }

    [Fact]
    public async Task What_an_order_leaves_is_readable_by_nobody_else_and_gone_once_it_is_kept()
    {
        pebble.Resolve(Host, IPAddress.Loopback);

        await Orders.PassAsync(default);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(settings.StateDir));
        Assert.Empty(Client.LeftHosts());
        Assert.Empty(Directory.GetFiles(Challenges.WebRoot, "*", SearchOption.AllDirectories));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(settings.StateDir, "accounts"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_reported_and_tried_again_on_request_or_after_a_pause()
    {
        await Orders.PassAsync(default);

        var failed = Known();
        Assert.Null(failed.Certificate);
        Assert.Equal(1, failed.Failures);
        Assert.Contains($"{Host} cannot be resolved", failed.Error, StringComparison.Ordinal);
        Assert.Equal(clock.GetUtcNow() + TimeSpan.FromMinutes(5), failed.NextAttempt, TimeSpan.FromMinutes(4));
        Assert.Contains($"No certificate for {Host}", Log(), StringComparison.Ordinal);

        pebble.Resolve(Host, IPAddress.Loopback);
        await Orders.PassAsync(default);
        Assert.Equal(failed, Known());

        await database.WriteAsync(db => AcmeTable.Retry(db, app, clock.GetUtcNow()), default);
        await Orders.PassAsync(default);
        Assert.True(Known() is { Certificate: not null, Failures: 0, Error: null }, Known().Error);
    }

    [Fact]
    public async Task A_renewal_that_fails_leaves_the_certificate_in_force()
    {
        pebble.Resolve(Host, IPAddress.Loopback);
        await Orders.PassAsync(default);
        var first = Known();

        // Not a failed proof: one order in a hundred is given without a new one, whatever pebble is told.
        pebble.Stop();
        clock.Advance(TimeSpan.FromDays(61));
        await Orders.PassAsync(default);

        Assert.Equal(first.Certificate!.Chain, Known().Certificate!.Chain);
        Assert.Equal(1, Known().Failures);
        Assert.NotNull(Known().Error);
    }

    [Fact]
    public async Task A_certificate_that_a_broken_off_run_left_is_taken_instead_of_ordered_again()
    {
        pebble.Resolve(Host, IPAddress.Loopback);
        var left = Assert.IsType<AcmeOutcome.Issued>(await Client.OrderAsync(Host, default));
        pebble.Stop();

        await Orders.PassAsync(default);

        Assert.Equal(left.Certificate.Chain, Known().Certificate!.Chain);
    }

    [Fact]
    public async Task Without_the_authority_the_order_fails_with_its_cause()
    {
        pebble.Stop();

        await Orders.PassAsync(default);

        Assert.Contains("connection refused", Known().Error, StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        await web.DisposeAsync();
        await pebble.DisposeAsync();
        logs.Dispose();
        database.Dispose();
        folder.Delete(recursive: true);
    }

    private AutomaticCertificate Known() => database.Read(db => AcmeTable.Find(db, Host))!;

    private string Log() => string.Join('\n', logs.Of(app).Last(100, _ => true));

    private async Task<WebApplication> StartWebAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var built = builder.Build();
        built.MapGet(AcmeChallenges.Path + "{token}", async (string token, CancellationToken ct) =>
            await Challenges.AnswerAsync(token, ct) is { } answer ? Results.Text(answer) : Results.NotFound());
        await built.StartAsync();
        return built;
    }

    /// <summary>The real time, moved forward by whatever a test says.</summary>
    private sealed class Clock : TimeProvider
    {
        private TimeSpan ahead;

        public void Advance(TimeSpan time) => ahead += time;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
    }
}
