using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using MiniPaaS.Daemon.Receiving;

namespace MiniPaaS.Tests.Receiving;

public sealed class GitHttpTests : IAsyncLifetime
{
    private readonly GitHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task An_accepted_push_shows_the_lines_and_moves_the_ref()
    {
        PushRequest? seen = null;
        host.Handler = async (push, output, _) =>
        {
            seen = push;
            await output.WriteLineAsync("-----> Building");
            await output.WriteLineAsync("       größe");
            return true;
        };
        var work = await host.WorkTreeAsync();
        var (code, output) = await host.GitAsync(work, "push", "paas", "main");
        Assert.True(code == 0, output);
        Assert.Contains("remote: -----> Building", output, StringComparison.Ordinal);
        Assert.Contains("remote:        größe", output, StringComparison.Ordinal);
        var head = await host.MustAsync(work, "rev-parse", "HEAD");
        Assert.Equal(7, seen!.AppId);
        var update = Assert.Single(seen.Updates);
        Assert.Equal(("main", head, true), (update.Branch, update.New, update.IsCreation));
        Assert.Equal(head, host.Repositories.Head(7)!.Sha);
        Assert.Equal("Change index.php", host.Repositories.Head(7)!.Subject);
    }

    [Fact]
    public async Task A_rejected_push_says_why_and_leaves_the_ref_and_the_objects()
    {
        var work = await host.WorkTreeAsync();
        await host.MustAsync(work, "push", "paas", "main");
        var live = host.Repositories.Head(7)!.Sha;
        host.Handler = async (_, output, _) =>
        {
            for (var i = 0; i < 2000; i++)
            {
                await output.WriteLineAsync($"line {i}");
            }

            await output.WriteLineAsync(" !     Push rejected, failed to compile PHP app.");
            return false;
        };
        await host.CommitAsync(work, "index.php", "<?php broken");
        var (code, output) = await host.GitAsync(work, "push", "paas", "main");
        Assert.NotEqual(0, code);
        Assert.Contains("remote: line 1999", output, StringComparison.Ordinal);
        Assert.Contains("remote:  !     Push rejected, failed to compile PHP app.", output, StringComparison.Ordinal);
        Assert.Contains("pre-receive hook declined", output, StringComparison.Ordinal);
        Assert.Equal(live, host.Repositories.Head(7)!.Sha);
        Assert.Empty(Directory.GetDirectories(Path.Combine(host.Repositories.PathOf(7), "objects"), "tmp_objdir*"));
    }

    [Fact]
    public async Task A_handler_that_fails_rejects_the_push_with_its_message()
    {
        host.Handler = (_, _, _) => throw new InvalidOperationException("the disk is full");
        var work = await host.WorkTreeAsync();
        var (code, output) = await host.GitAsync(work, "push", "paas", "main");
        Assert.NotEqual(0, code);
        Assert.Contains("the disk is full", output, StringComparison.Ordinal);
        Assert.Null(host.Repositories.Head(7));
    }

    [Fact]
    public async Task The_lines_are_shown_while_the_push_goes_on()
    {
        var goOn = new TaskCompletionSource();
        host.Handler = async (_, output, ct) =>
        {
            await output.WriteLineAsync("first");
            await goOn.Task.WaitAsync(ct);
            return true;
        };
        var work = await host.WorkTreeAsync();
        await using var push = host.Client(work, "push", "--progress", "paas", "main");
        using var lines = new StreamReader(push.Output);
        string? line;
        do
        {
            line = await lines.ReadLineAsync(GitHost.Deadline);
        }
        while (line is not null && !line.Contains("remote: first", StringComparison.Ordinal));
        Assert.NotNull(line);
        Assert.Null(host.Repositories.Head(7));
        goOn.SetResult();
        await lines.ReadToEndAsync(GitHost.Deadline);
        Assert.Equal(0, await push.ExitAsync(GitHost.Deadline));
    }

    [Fact]
    public async Task A_push_whose_client_is_killed_is_told_so_and_moves_the_ref_when_it_was_released_all_the_same()
    {
        var deadline = GitHost.Deadline;
        var started = new TaskCompletionSource();
        host.Handler = async (_, output, ct) =>
        {
            var left = new TaskCompletionSource();
            await using var registration = ct.Register(left.SetResult);
            started.SetResult();
            await left.Task.WaitAsync(GitHost.Deadline);
            for (var i = 0; i < 1000; i++)
            {
                await output.WriteLineAsync($"nobody reads line {i}");
            }

            return true;
        };
        var work = await host.WorkTreeAsync();
        await using (var push = host.Client(work, "push", "paas", "main"))
        {
            await started.Task.WaitAsync(GitHost.Deadline);
        }

        while (host.Repositories.Head(7) is null)
        {
            await Task.Delay(20, deadline);
        }
    }

    [Fact]
    public async Task A_repository_is_cloned_at_the_branch_pushed_last_and_fetched_from()
    {
        var work = await host.WorkTreeAsync();
        await host.MustAsync(work, "push", "paas", "main:main");
        await host.CommitAsync(work, "second.php", "2");
        await host.MustAsync(work, "push", "paas", "main:master");
        await host.MustAsync(host.Root, "clone", host.Url + "/myapp.git", "copy");
        var copy = Path.Combine(host.Root, "copy");
        Assert.Equal("master", await host.MustAsync(copy, "branch", "--show-current"));
        Assert.True(File.Exists(Path.Combine(copy, "second.php")));
        var third = await host.CommitAsync(work, "third.php", "3");
        await host.MustAsync(work, "push", "paas", "main:master");
        await host.MustAsync(copy, "-c", "protocol.version=0", "fetch", "origin");
        Assert.Equal(third, await host.MustAsync(copy, "rev-parse", "origin/master"));
    }

    [Fact]
    public async Task An_empty_repository_can_be_cloned()
    {
        await host.MustAsync(host.Root, "clone", host.Url + "/myapp.git", "copy");
        Assert.True(Directory.Exists(Path.Combine(host.Root, "copy", ".git")));
    }

    [Fact]
    public async Task A_push_of_20_MB_arrives_whole()
    {
        var work = await host.WorkTreeAsync();
        await File.WriteAllBytesAsync(Path.Combine(work, "big"), RandomNumberGenerator.GetBytes(20 * 1024 * 1024));
        var head = await host.CommitAsync(work, "small", "1");
        await host.MustAsync(work, "push", "paas", "main");
        Assert.Equal(head, host.Repositories.Head(7)!.Sha);
    }

    [Fact]
    public async Task A_force_push_and_the_deletion_of_another_branch_are_accepted()
    {
        var work = await host.WorkTreeAsync();
        await host.MustAsync(work, "push", "paas", "main", "main:feature");
        await host.MustAsync(work, "commit", "--amend", "--quiet", "--message", "Again");
        await host.MustAsync(work, "push", "--force", "paas", "main");
        Assert.Equal("Again", host.Repositories.Head(7)!.Subject);
        await host.MustAsync(work, "push", "paas", ":feature");
    }

    [Fact]
    public async Task An_unknown_app_is_named_in_git_s_own_output()
    {
        var (code, output) = await host.GitAsync(host.Root, "ls-remote", host.Url + "/nosuch.git");
        Assert.NotEqual(0, code);
        Assert.Contains("No app named \"nosuch\" on this platform. Create it: paas create nosuch", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gzipped_request_is_understood()
    {
        var work = await host.WorkTreeAsync();
        var head = await host.MustAsync(work, "rev-parse", "HEAD");
        await host.MustAsync(work, "push", "paas", "main");
        var plain = Encoding.ASCII.GetBytes($"0032want {head}\n00000009done\n");
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(plain);
        }

        using var client = new HttpClient();
        using var content = new ByteArrayContent(zipped.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-request");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await client.PostAsync(new Uri(host.Url + "/myapp.git/git-upload-pack"), content);
        var answer = await response.Content.ReadAsByteArrayAsync();
        Assert.StartsWith("0008NAK\nPACK", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/myapp.git/info/refs", HttpStatusCode.Forbidden)]
    [InlineData("/myapp.git/info/refs?service=git-evil", HttpStatusCode.Forbidden)]
    [InlineData("/myapp.git/HEAD", HttpStatusCode.NotFound)]
    [InlineData("/myapp.git/config", HttpStatusCode.NotFound)]
    [InlineData("/myapp.git/objects/info/packs", HttpStatusCode.NotFound)]
    public async Task Anything_but_the_smart_protocol_is_refused(string path, HttpStatusCode status)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(host.Url + path));
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task The_internal_address_answers_only_a_push_under_way_and_only_once()
    {
        using var client = new HttpClient();
        var unknown = new Uri($"{host.Url}/internal/pushes/{new string('0', 32)}");
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync(unknown, new StringContent(""))).StatusCode);

        using var session = host.Sessions.Open(new PushTarget(7, "myapp"), "ada", host.Repositories.Ensure(7), CancellationToken.None);
        var address = $"{host.Url}/internal/pushes/{session.Id}";
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(address + "/verdict"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(new Uri(address), new StringContent(""))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync(new Uri(address), new StringContent(""))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.GetAsync(new Uri(address + "/verdict"))).StatusCode);
        session.Dispose();
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(address + "/verdict"))).StatusCode);
    }

    [Theory]
    [InlineData("/etc", false)]
    [InlineData("8.git/objects/tmp_objdir-incoming-y", false)]
    [InlineData("7.git/objects/pack", false)]
    [InlineData("7.git/./objects/tmp_objdir-incoming-x", true)]
    public void A_quarantine_must_lie_in_its_own_repository(string quarantine, bool sound)
    {
        var own = Path.Combine(host.Repositories.Ensure(7), "objects", "tmp_objdir-incoming-x");
        Directory.CreateDirectory(own);
        Directory.CreateDirectory(Path.Combine(host.Repositories.Ensure(8), "objects", "tmp_objdir-incoming-y"));
        var objects = ObjectDirectories.OfPush(host.Repositories.PathOf(7), Path.Combine(host.Settings.Repositories, quarantine));
        Assert.Equal(sound ? own : null, objects?.Quarantine);
    }

    [Fact]
    public async Task A_control_plane_that_does_not_answer_rejects_the_push_and_says_so()
    {
        File.Delete(host.Settings.ControlSocket);
        var (code, output) = await host.GitAsync(await host.WorkTreeAsync(), "push", "paas", "main");
        Assert.NotEqual(0, code);
        Assert.Contains("the control plane did not answer", output, StringComparison.Ordinal);
        Assert.Null(host.Repositories.Head(7));
    }
}
