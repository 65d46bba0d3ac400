using System.CommandLine;
using Back2Code.Lab.Comparisons;

namespace Back2Code.Cli.Commands;

/// <summary>The options that comparisons and sweeps share.</summary>
internal sealed class VariantCommand
{
    public Argument<string> Drill { get; } = new("drill") { Description = "Name of a drill, or the path of a drill file", HelpName = "NAME|FILE" };

    public Option<int> Seed { get; } = new("--seed") { Description = "Of the first run; each further pair or round has the next one", DefaultValueFactory = _ => 1 };

    public Option<string?> Report { get; } = new("--report") { Description = "Folder for the report, with a folder for each run. Default: reports/<UTC>-…", HelpName = "DIR" };

    public Option<bool> Json { get; } = new("--json") { Description = "Print the result as one JSON document on the standard output; progress goes to the standard error" };

    private readonly Option<string?> _state = LabOptions.State();
    private readonly Option<string> _portBase = LabOptions.PortBase();

    public void AddTo(Command command)
    {
        command.Arguments.Add(Drill);
        foreach (var option in new Option[] { Seed, Report, Json, _state, _portBase })
        {
            command.Options.Add(option);
        }
    }

    public VariantOptions Read(ParseResult parsed) => new()
    {
        Platform = LabOptions.Read(parsed, _state, _portBase),
        Folder = parsed.GetValue(Report),
        Seed = parsed.GetValue(Seed),
    };

    public CampaignScreen Screen(ParseResult parsed)
    {
        var json = parsed.GetValue(Json);
        return new CampaignScreen(json ? Console.Error : Console.Out, live: !(json ? Console.IsErrorRedirected : Console.IsOutputRedirected));
    }

    public TextWriter Output(ParseResult parsed) => parsed.GetValue(Json) ? Console.Error : Console.Out;
}
