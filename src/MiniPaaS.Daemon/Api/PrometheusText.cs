using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MiniPaaS.Daemon.Api;

/// <summary>One value of a metric.</summary>
/// <param name="Name">As in <c>minipaas_router_requests_total</c>.</param>
/// <param name="Labels">What stands between the braces, as in <c>app="shop",status="2xx"</c>; empty without labels.</param>
/// <param name="Value">The value as text.</param>
internal sealed partial record MetricSample(string Name, string Labels, string Value)
{
    public double Number => double.Parse(Value, CultureInfo.InvariantCulture);

    /// <summary>Value of a label, or null.</summary>
    public string? Label(string name) => LabelForm().Matches(Labels).FirstOrDefault(m => m.Groups["name"].Value == name)?.Groups["value"].Value;

    public override string ToString() => Labels.Length == 0 ? $"{Name} {Value}" : $"{Name}{{{Labels}}} {Value}";

    [GeneratedRegex("(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<value>(?:[^\"\\\\]|\\\\.)*)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelForm();
}

/// <summary>
/// Metrics of several programs as one page of Prometheus' text format (0.0.4), where all values of a name must stand together
/// under one HELP and one TYPE line.
/// </summary>
internal sealed partial class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Dictionary<string, Family> families = new(StringComparer.Ordinal);
    private readonly List<Family> order = [];

    public IEnumerable<MetricSample> Samples => order.SelectMany(family => family.Samples);

    /// <summary>Adds a metric of this process.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type"><c>counter</c> or <c>gauge</c>.</param>
    /// <param name="help">What it counts.</param>
    /// <param name="values">Labels and values.</param>
    public void Add(string name, string type, string help, params IEnumerable<(string Labels, double Value)> values) =>
        FamilyOf(name, help, type).Samples.AddRange(values.Select(v => new MetricSample(name, v.Labels, v.Value.ToString("R", CultureInfo.InvariantCulture))));

    /// <summary>Adds the page of another program; every value gets the label <c>instance</c>. Lines that are none of the format are left out.</summary>
    public void Add(string page, string instance)
    {
        Family? family = null;
        var help = "";
        foreach (var line in page.Split('\n'))
        {
            if (HelpForm().Match(line) is { Success: true } said)
            {
                help = said.Groups["text"].Value;
            }
            else if (TypeForm().Match(line) is { Success: true } typed)
            {
                family = FamilyOf(typed.Groups["name"].Value, help, typed.Groups["type"].Value);
            }
            else if (SampleForm().Match(line) is { Success: true } sample && family is not null)
            {
                var labels = sample.Groups["labels"].Value;
                family.Samples.Add(new MetricSample(
                    sample.Groups["name"].Value, $"instance=\"{instance}\"{(labels.Length > 0 ? "," : "")}{labels}", sample.Groups["value"].Value));
            }
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var family in order)
        {
            text.Append($"# HELP {family.Name} {family.Help}\n# TYPE {family.Name} {family.Type}\n");
            foreach (var sample in family.Samples)
            {
                text.Append(sample).Append('\n');
            }
        }

        return text.ToString();
    }

    private Family FamilyOf(string name, string help, string type)
    {
        if (!families.TryGetValue(name, out var family))
        {
            families[name] = family = new Family(name, help, type, []);
            order.Add(family);
        }

        return family;
    }

    private sealed record Family(string Name, string Help, string Type, List<MetricSample> Samples);

    [GeneratedRegex("^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* (?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HelpForm();

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram|summary|untyped)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeForm();

    [GeneratedRegex("^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?<labels>.*)\\})? (?<value>[^ ]+)( -?[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SampleForm();
}
