using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace MiniPaaS.Cli.Terminal;

/// <summary>Text of one table cell and, where it carries meaning, its colour.</summary>
internal readonly record struct Cell(string Text, Tint Tint = Tint.None)
{
    public static implicit operator Cell(string text) => new(text);
}

internal enum Tint
{
    None,
    Good,
    Busy,
    Bad,
    Faint,
}

/// <summary>
/// Where commands print: tables and colour in a terminal, tab-separated lines without headings in a pipe, or JSON on request.
/// Data go to standard output; everything about how it is going goes to standard error.
/// </summary>
internal sealed class Output(bool json) : IDisposable
{
    private readonly StreamWriter _out = new(new StandardOutput(), new UTF8Encoding(false), 16 * 1024) { NewLine = "\n" };
    private JsonSerializerOptions? _jsonOptions;

    /// <summary>True when standard output is a terminal.</summary>
    public bool Terminal { get; } = !Console.IsOutputRedirected;

    /// <summary>True when standard error is a terminal that understands cursor movements.</summary>
    public bool ErrorTerminal { get; } = !Console.IsErrorRedirected && !IsDumb;

    /// <summary>True when the user wants colour: neither NO_COLOR nor a dumb terminal says otherwise.</summary>
    public static bool ColourWanted => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && !IsDumb;

    public bool Colour => Terminal && ColourWanted;

    public bool WantsJson => json;

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";

    /// <summary>Prints a value as JSON when that was asked for; otherwise the caller prints it as text.</summary>
    /// <returns>True when printed.</returns>
    public bool Json<T>(T value, JsonSerializerContext context) => Json(value, context, indented: Terminal);

    /// <summary>Prints one of many values as one line of JSON when JSON was asked for.</summary>
    /// <returns>True when printed.</returns>
    public bool JsonLine<T>(T value, JsonSerializerContext context) => Json(value, context, indented: false);
    public void Line(string text)
    {
        _out.WriteLine(text);
        _out.Flush();
    }

    public void Raw(string text)
    {
        _out.Write(text);
        _out.Flush();
    }

    /// <summary>Prints a note that is not data: to standard error, and only where a person reads it or it explains missing data.</summary>
    public void Note(string text) => Console.Error.WriteLine(Printable.Text(text));

    /// <summary>Prints rows; the headings appear in a terminal only.</summary>
    public void Table(string[] headings, IEnumerable<Cell[]> rows)
    {
        if (Terminal)
        {
            RichTable.Write(_out, Colour, headings, rows);
        }
        else
        {
            foreach (var row in rows)
            {
                _out.WriteLine(string.Join('\t', row.Select(cell => Printable.Cell(cell.Text))));
            }
        }
        _out.Flush();
    }

    /// <summary>Prints names and values of one thing.</summary>
    public void Details(string title, IEnumerable<(string Name, Cell Value)> details)
    {
        if (Terminal)
        {
            Line(Colour ? $"\e[1m=== {Printable.Cell(title)}\e[0m" : $"=== {Printable.Cell(title)}");
        }
        Table([], details.Select(detail => (Cell[])[new Cell(detail.Name, Tint.Faint), detail.Value]));
    }

    /// <summary>Words a moment: local time and age in a terminal, ISO 8601 in UTC in a pipe.</summary>
    public string Moment(DateTimeOffset moment)
    {
        if (!Terminal)
        {
            return moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }
        var age = TimeProvider.System.GetUtcNow() - moment;
        return string.Create(CultureInfo.InvariantCulture, $"{moment.ToLocalTime():yyyy-MM-dd HH:mm:ss} ({Age(age)} ago)");
    }

    public void Dispose() => _out.Dispose();

    private bool Json<T>(T value, JsonSerializerContext context, bool indented)
    {
        if (!json)
        {
            return false;
        }
        // Non-ASCII text and quotes stay readable: this JSON is for files, pipes and eyes, never for a web page.
        _jsonOptions ??= new JsonSerializerOptions(context.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
        };
        Line(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)_jsonOptions.GetTypeInfo(typeof(T))));
        return true;
    }

    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => $"{Math.Max(0, (int)age.TotalSeconds)}s",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes}m",
        { TotalDays: < 1 } => $"{(int)age.TotalHours}h",
        _ => $"{(int)age.TotalDays}d",
    };
}
