using Spectre.Console;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Tables for a terminal. The only file that uses Spectre.Console for output, so other commands never load it.</summary>
internal static class RichTable
{
    private const int Whole = 32;
    private const int Gap = 2;

    public static void Write(TextWriter writer, bool colour, string[] headings, IEnumerable<Cell[]> rows)
    {
        var lines = rows.ToList();
        if (lines.Count == 0)
        {
            return;
        }
        var output = new SpectreOutput(writer);
        var widths = Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Text.Length)).ToList();

        // Names and numbers stay whole and prose wraps, unless the terminal is so narrow that everything has to.
        var roomy = widths.Where(width => width <= Whole).Sum(width => width + Gap) + Whole <= output.Width;
        var table = new Table { Border = TableBorder.None, ShowHeaders = headings.Length > 0 };
        for (var column = 0; column < widths.Count; column++)
        {
            var heading = column < headings.Length ? headings[column] : "";
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold)))
            {
                NoWrap = roomy && widths[column] <= Whole,
                Padding = new Padding(0, 0, column == widths.Count - 1 ? 0 : Gap, 0),
            });
        }
        foreach (var line in lines)
        {
            table.AddRow(line.Select(cell => new Text(Printable.Cell(cell.Text), StyleOf(cell.Tint))));
        }
        Console(output, colour).Write(table);
    }

    private static Style StyleOf(Tint tint) => tint switch
    {
        Tint.Good => new Style(Color.Green),
        Tint.Busy => new Style(Color.Yellow),
        Tint.Bad => new Style(Color.Red),
        Tint.Faint => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    private static IAnsiConsole Console(SpectreOutput output, bool colour) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Out = output,
        Interactive = InteractionSupport.No,
    });
}
