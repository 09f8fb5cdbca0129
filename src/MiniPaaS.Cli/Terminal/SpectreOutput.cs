using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace MiniPaaS.Cli.Terminal;

/// <summary>
/// A terminal for Spectre. Its own implementation asks System.Console, which then writes keypad escapes to the terminal even
/// where the user wants none.
/// </summary>
internal sealed partial class SpectreOutput(TextWriter writer) : IAnsiConsoleOutput
{
    private const int StandardOutput = 1;
    private const nuint GetWindowSize = 0x5413;
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    private readonly WindowSize _size = Ask();

    public TextWriter Writer => writer;

    public bool IsTerminal => true;

    public int Width => _size.Columns > 0 ? _size.Columns : UsualWidth;

    public int Height => _size.Rows > 0 ? _size.Rows : UsualHeight;

    public void SetEncoding(Encoding encoding)
    {
        // The writer's encoding was chosen by whoever made it.
    }

    private static WindowSize Ask()
    {
        var size = default(WindowSize);
        return Control(StandardOutput, GetWindowSize, ref size) == 0 ? size : default;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, ref WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}
