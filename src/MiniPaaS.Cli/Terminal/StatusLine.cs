using System.Globalization;

namespace MiniPaaS.Cli.Terminal;

/// <summary>
/// Says on standard error what a command waits for: in a terminal one line that is redrawn and wiped at the end, elsewhere a
/// plain line per step. A wait shorter than the eye notices prints nothing.
/// </summary>
internal sealed class StatusLine : IAsyncDisposable
{
    private static readonly TimeSpan TerminalDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainDelay = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _ended = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly bool _terminal;
    private readonly string _what;
    private readonly Task _painter;
    private volatile string _step = "";

    public StatusLine(Output output, string what)
    {
        _terminal = output.ErrorTerminal;
        _what = what;
        _painter = _terminal ? RedrawAsync() : AnnounceAsync();
    }

    /// <summary>Names the step that is waited for now.</summary>
    public void Step(string step)
    {
        if (step == _step)
        {
            return;
        }
        _step = step;
        if (!_terminal)
        {
            Console.Error.WriteLine($"{_what}... {step}");
        }
    }

    /// <summary>Says no more, as others begin to print.</summary>
    public void End()
    {
        _ended.Cancel();
        _painter.Wait();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _painter;
        _ended.Dispose();
    }

    private async Task AnnounceAsync()
    {
        if (await ElapsedAsync(PlainDelay) && _step.Length == 0)
        {
            Console.Error.WriteLine($"{_what}...");
        }
    }

    private async Task RedrawAsync()
    {
        var drawn = false;
        while (await ElapsedAsync(TerminalDelay))
        {
            var seconds = TimeProvider.System.GetElapsedTime(_started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
            Console.Error.Write($"\r\e[K{_what}... {_step}{(_step.Length == 0 ? "" : " ")}({seconds} s)");
            drawn = true;
        }
        if (drawn)
        {
            Console.Error.Write("\r\e[K");
        }
    }

    private async Task<bool> ElapsedAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _ended.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
