using System.Net;
using MiniPaaS.Docker;

namespace MiniPaaS.Engine.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class NetworkTests(EngineFixture fixture)
{
    private DockerClient Engine => fixture.Engine;

    [Fact]
    public async Task A_fixed_address_serves_and_a_joined_container_shares_it()
    {
        var (network, prefix) = await fixture.CreateNetworkAsync(icc: false);
        var sandbox = await fixture.StartAsync(
            fixture.Spec("sleep", "1000") with { NetworkMode = network, IPv4Address = $"{prefix}.77" });
        var details = await Engine.InspectContainerAsync(sandbox, EngineFixture.Deadline());
        Assert.Equal($"{prefix}.77", details!.Addresses[network]);
        Assert.Equal(network, details.NetworkMode);

        var joined = await fixture.StartAsync(fixture.Spec("sh", "-c", "mkdir /tmp/www; echo hi >/tmp/www/index.html; exec httpd -f -p 5000 -h /tmp/www")
            with
        { NetworkMode = $"container:{sandbox}" });

        Assert.Equal("hi\n", await GetWhenUpAsync($"http://{prefix}.77:5000/"));
        Assert.Empty((await Engine.InspectContainerAsync(joined, EngineFixture.Deadline()))!.Addresses);
        var listed = Assert.Single(
            await Engine.ListContainersAsync([fixture.Label], EngineFixture.Deadline()), container => container.Id == joined);
        Assert.Equal($"container:{sandbox}", listed.NetworkMode);
    }

    [Fact]
    public async Task A_network_says_what_it_was_made_with()
    {
        var ct = EngineFixture.Deadline();
        var (name, prefix) = await fixture.CreateNetworkAsync(icc: false);

        var network = await Engine.InspectNetworkAsync(name, ct);
        Assert.Equal((name, "bridge", $"{prefix}.0/24", $"{prefix}.1"), (network!.Name, network.Driver, network.Subnet, network.Gateway));
        Assert.Equal("false", network.Options["com.docker.network.bridge.enable_icc"]);
        Assert.Contains(
            System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces(),
            one => one.Name == network.Options["com.docker.network.bridge.name"]);
        Assert.Contains(await Engine.ListNetworksAsync([fixture.Label], ct), one => one.Name == name);

        var member = await fixture.StartAsync(fixture.Spec("sleep", "1000") with { NetworkMode = name });
        Assert.Equal<string>([member], (await Engine.InspectNetworkAsync(name, ct))!.ContainerIds);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<DockerException>(() => Engine.RemoveNetworkAsync(name, ct))).Status);

        await Engine.RemoveContainerAsync(member, ct);
        await Engine.RemoveNetworkAsync(name, ct);
        await Engine.RemoveNetworkAsync(name, ct);
        Assert.Null(await Engine.InspectNetworkAsync(name, ct));
    }

    [Fact]
    public async Task A_name_in_use_is_a_conflict()
    {
        var (name, _) = await fixture.CreateNetworkAsync(icc: true);
        var error = await Assert.ThrowsAsync<DockerException>(
            () => Engine.CreateNetworkAsync(new NetworkSpec { Name = name, Labels = fixture.Labels }, EngineFixture.Deadline()));

        Assert.Equal(HttpStatusCode.Conflict, error.Status);
    }

    [Fact]
    public async Task A_fixed_address_without_a_network_is_a_mistake_of_the_caller() =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => fixture.CreateAsync(fixture.Spec("true") with { NetworkMode = null, IPv4Address = "10.229.0.9" }));

    private static async Task<string> GetWhenUpAsync(string url)
    {
        using var http = new HttpClient();
        var ct = EngineFixture.Deadline();
        while (true)
        {
            try
            {
                return await http.GetStringAsync(url, ct);
            }
            catch (HttpRequestException e) when (e.StatusCode is null)
            {
                await Task.Delay(20, ct);
            }
        }
    }
}
