using MiniPaaS.Daemon.Slugs;

namespace MiniPaaS.Tests.Slugs;

public sealed class StartProgramTests
{
    [Fact]
    public void Commands_are_kept_from_the_shell_until_they_are_started()
    {
        var program = StartProgram.Of(new SortedDictionary<string, string> { ["web"] = "echo 'it''s' $PORT; exit", ["worker"] = "true" });

        Assert.Contains("web) command='echo '\\''it'\\'''\\''s'\\'' $PORT; exit' ;;\n", program, StringComparison.Ordinal);
        Assert.Contains("(there are: web worker)", program, StringComparison.Ordinal);
        Assert.StartsWith("#!/bin/bash\n", program, StringComparison.Ordinal);
    }
}
