using System.Runtime.InteropServices;

namespace MiniPaaS.Cli.Terminal;

/// <summary>
/// Keeps the terminal from echoing what is typed until it is disposed. Set directly and not with <c>stty</c>: the runtime
/// puts the terminal back as it was whenever a child process ends.
/// </summary>
internal sealed partial class TerminalSilence : IDisposable
{
    private const int StandardInput = 0;
    private const int Now = 0; // TCSANOW
    private const uint Echo = 0x8; // ECHO, in c_lflag

    // struct termios of glibc begins with four 32-bit flag words, the fourth being c_lflag; the whole has 60 bytes.
    private const int LocalFlags = 12;
    private readonly byte[] before = new byte[64];
    private readonly bool known;

    public TerminalSilence()
    {
        known = GetAttributes(StandardInput, before) == 0;
        if (known)
        {
            var silent = (byte[])before.Clone();
            BitConverter.TryWriteBytes(silent.AsSpan(LocalFlags), BitConverter.ToUInt32(before, LocalFlags) & ~Echo);
            _ = SetAttributes(StandardInput, Now, silent);
        }
    }

    public void Dispose()
    {
        if (known)
        {
            _ = SetAttributes(StandardInput, Now, before);
        }
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int GetAttributes(int descriptor, [In, Out] byte[] attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int SetAttributes(int descriptor, int when, byte[] attributes);
}
