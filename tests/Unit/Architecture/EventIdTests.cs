using System.Text.RegularExpressions;

namespace Back2Code.UnitTests.Architecture;

/// <summary>An event id is what people search and alert by: within a project it names one event.</summary>
public sealed partial class EventIdTests
{
    [Fact]
    public void Every_event_id_of_a_project_belongs_to_one_event()
    {
        var ids = (from project in Repository.Projects
                   from file in project.SourceFiles("*.cs")
                   from Match match in EventId.Matches(File.ReadAllText(file))
                   select (Project: project.Name, Id: match.Groups[1].Value, File: Path.GetFileName(file))).ToList();

        Assert.True(ids.Count > 100, $"only {ids.Count} events were found");
        Assert.Empty(ids.GroupBy(e => (e.Project, e.Id)).Where(g => g.Count() > 1).Select(g => $"{g.Key.Project}: {g.Key.Id} in {string.Join(", ", g.Select(e => e.File))}"));
    }

    [GeneratedRegex(@"LoggerMessage\(\s*(?:EventId\s*=\s*)?([0-9]+)")]
    private static partial Regex EventId { get; }
}
