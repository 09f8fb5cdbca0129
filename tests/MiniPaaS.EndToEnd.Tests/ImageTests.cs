using MiniPaaS.EndToEnd.Harness;

namespace MiniPaaS.EndToEnd;

/// <summary>Apps that are images of their own: built elsewhere, or from a Dockerfile here.</summary>
public sealed class ImageTests(SharedPlatform shared) : PlatformTest(shared.Platform), IClassFixture<SharedPlatform>
{
    private const string Dockerfile =
        """
        FROM minipaas/stack-bookworm:run
        USER root
        WORKDIR /srv/site
        COPY server version ./
        ENV GREETING=hello
        EXPOSE 8080
        ENTRYPOINT ["/usr/bin/env"]
        CMD ["python3", "server"]

        """;

    [Fact]
    public async Task An_image_runs_under_the_rules_of_dynos_and_can_be_carried_as_a_file()
    {
        var app = await TestApp.CreateAsync(Platform, "versioned", "image-app");
        var image = await BuildAsync(app, "image-app-source");
        try
        {
            var deploy = (await app.TryPaasAsync("deploy", "--image", image, "--process", "worker=sleep 1000")).Expect();
            Assert.Contains("-----> Discovering process types", deploy.Output, StringComparison.Ordinal);
            Assert.Equal("version 1", await app.GetAsync());
            Assert.Equal("hello", await app.GetAsync("/env/GREETING"));
            Assert.Equal("container", (await app.InfoAsync()).Stack.Name);

            await app.PaasAsync("ps:scale", "worker=1");
            await app.SettleAsync(dynos: 2);
            foreach (var dyno in await app.ContainersAsync())
            {
                Assert.Contains("uid=21000", await Platform.Engine.ExecAsync(dyno.Id, "id"), StringComparison.Ordinal);
                Assert.Matches(@"CapBnd:\s+0000000000000000", await Platform.Engine.ExecAsync(dyno.Id, "cat", "/proc/1/status"));
            }

            await DescribesAsync(app);

            // Config vars are over the image's own; the slug stays.
            await app.PaasAsync("config:set", "GREETING=bonjour");
            Assert.Equal("bonjour", await app.GetAsync("/env/GREETING"));
            var file = Path.Combine(Platform.Directory, "image-app.tar.gz");
            (await Command.RunAsync("sh", ["-c", $"docker save {image} | gzip -1 > {file}"])).Expect();
            await app.PaasAsync("deploy", "--archive", file, "-m", "by file");
            Assert.Equal("Deploy by file", (await app.ReleasesAsync())[0].Description);
            Assert.Equal("", await app.PaasAsync("slugs:diff", "v1", "v3"));
            Assert.Equal("version 1", await app.GetAsync());
            (await Command.RunAsync("gunzip", [file])).Expect();
            Assert.Contains("paas deploy --archive", (await app.TryPaasAsync("slugs:import", file[..^".gz".Length])).Errors, StringComparison.Ordinal);
            await app.PaasAsync("rollback", "v1");
            Assert.Equal("hello", await app.GetAsync("/env/GREETING"));
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", image]);
        }
    }

    [Fact]
    public async Task A_Dockerfile_is_built_like_a_push_and_reaches_nobody()
    {
        var app = await TestApp.CreateAsync(Platform, "dockerfile-hello", "dockerfile-hello");
        var undetected = (await app.PushRejectedAsync()).Errors;
        Assert.True(undetected.Contains("paas stack:set container", StringComparison.Ordinal), undetected);
        await app.PaasAsync("stack:set", "container");

        var push = (await app.PushAsync()).Expect();

        Assert.Contains("remote: -----> Building Dockerfile", push.Errors, StringComparison.Ordinal);
        Assert.Contains("prepared by 21000", push.Errors, StringComparison.Ordinal);
        Assert.Equal("Ahoy from a Dockerfile, as user 21000\n", await app.GetAsync());
        Assert.Contains("srv/hello/hello", await app.PaasAsync("slugs:info", "v1", "--files"), StringComparison.Ordinal);
        Assert.Contains("urn:minipaas:dockerfile-build:v1", await app.PaasAsync("slugs:provenance", "v1", "--verify"), StringComparison.Ordinal);
        await app.CommitAsync("Nothing");
        Assert.Contains("Already built", (await app.PushAsync()).Expect().Errors, StringComparison.Ordinal);

        await StaysAwayAsync(app);
        await app.CommitAsync("Dockerfile", "FROM minipaas/stack-bookworm:run\nRUN echo falling asleep; sleep 120\nCMD true\n");
        using var left = app.StartPaas("deploy");
        await left.SaysAsync("falling asleep\n");
        Assert.Contains("Cancelling", await app.PaasAsync("builds:cancel"), StringComparison.Ordinal);
        Assert.Equal(1, (await left.ResultAsync(TimeSpan.FromMinutes(2))).ExitCode);
        Assert.Equal("Ahoy from a Dockerfile, as user 21000\n", await app.GetAsync());
        await Eventually.HoldsAsync("no network of a build is left", async () => (await Command.RunAsync(
            "docker", ["network", "ls", "--quiet", "--filter", $"label=minipaas.namespace={Platform.Namespace}", "--filter", "label=minipaas.kind=build-network"])).Expect().Output.Length == 0);
    }

    private static async Task StaysAwayAsync(TestApp app)
    {
        var slug = $"{app.Platform.Namespace}/{app.Name}:{(await app.ReleasesAsync())[0].SlugDigest}";
        foreach (var file in (string[])[$"FROM {slug}\n", $"FROM minipaas/stack-bookworm:run\nCOPY --from={slug} /srv /stolen\n", $"ARG X={slug}\nFROM $X\n"])
        {
            await app.CommitAsync("Dockerfile", file);
            Assert.Contains("is the slug of an app", (await app.PushRejectedAsync()).Errors, StringComparison.Ordinal);
        }

        var probe = $"for host in {app.Platform.Gateway}:{app.Platform.Port} 169.254.169.254:80; do curl -s -m 3 http://$host/ >/dev/null && echo reached $host; done";
        const string limit = "for i in $(seq 600); do limit=$(cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null); [ \"$limit\" = max ] || break; sleep 0.1; done";

        // A container has the labels of its image, too: what runs here is no dyno because it says so.
        var labels = $"minipaas.namespace={app.Platform.Namespace} minipaas.kind=dyno minipaas.app=x";
        await app.CommitAsync("Dockerfile", $"FROM minipaas/stack-bookworm:run\nLABEL {labels}\nRUN {probe}; {limit}; echo limit $limit; exit 3\n");
        var rejected = await app.PushRejectedAsync();
        Assert.DoesNotContain("reached ", rejected.Errors.Replace("echo reached", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("limit 1024", rejected.Errors, StringComparison.Ordinal);
        Assert.Contains("returned a non-zero code: 3", rejected.Errors, StringComparison.Ordinal);
    }

    // What the platform knows of slugs it knows of this one, or it says why not.
    private static async Task DescribesAsync(TestApp app)
    {
        Assert.Contains("srv/site/version", await app.PaasAsync("slugs:info", "v1", "--files"), StringComparison.Ordinal);
        var export = Path.Combine(app.Platform.Directory, "image-app-export.tar");
        Assert.Contains("image-app-export.tar", await app.PaasAsync("slugs:export", "v1", "--output", export, "--json"), StringComparison.Ordinal);
        Assert.Contains("manifest.json", (await Command.RunAsync("tar", ["tf", export])).Expect().Output, StringComparison.Ordinal);
        Assert.Contains("pkg:deb/debian/python3", await app.PaasAsync("slugs:sbom", "v1", "--json"), StringComparison.Ordinal);
        Assert.Contains("urn:minipaas:image-import:v1", await app.PaasAsync("slugs:provenance", "v1", "--verify"), StringComparison.Ordinal);
        Assert.Contains("image-app", await app.PaasAsync("audit", "deb:python3-minimal"), StringComparison.Ordinal);
        Assert.Contains("cannot be built again", (await app.TryPaasAsync("slugs:verify", "v1")).Everything, StringComparison.Ordinal);
        Assert.Contains("built elsewhere", (await app.TryPaasAsync("stacks:rebase", "--app", app.Name)).Everything, StringComparison.Ordinal);
        Assert.Contains("is the slug of an app", (await app.TryPaasAsync("deploy", "--image", $"{app.Platform.Namespace}/image-app:{(await app.ReleasesAsync())[0].SlugDigest}")).Output, StringComparison.Ordinal);
        Assert.Contains("closed to pulls", (await app.TryPaasAsync("deploy", "--image", "127.0.0.1:5000/none:1")).Output, StringComparison.Ordinal);
    }

    private async Task<string> BuildAsync(TestApp app, string name)
    {
        app.Write("Dockerfile", Dockerfile);
        var image = $"{Platform.Namespace}-{name}:1";
        (await Command.RunAsync("docker", ["build", "--quiet", "--tag", image, app.Folder], environment: new Dictionary<string, string> { ["DOCKER_BUILDKIT"] = "0" })).Expect();
        return image;
    }
}
