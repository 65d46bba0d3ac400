using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Lab.Drills;
using Back2Code.Lab.GameDays;

namespace Back2Code.UnitTests.GameDays;

/// <summary>Drills that can be hidden.</summary>
internal static class GameDays
{
    public static Drill Hidden(string name) => new()
    {
        Name = name,
        File = name + ".yaml",
        Experiment = new ExperimentReader(new DocumentReport("test.yaml")).Read(YamlDocument.Parse("title: t\ndescription: d\nmethod: []\n"))!,
        Traffic = new DrillTraffic(120, TimeSpan.FromSeconds(8), 2, null),
        Faults = [new DrillFault("process.kill", "postgres", new Dictionary<string, string> { ["downFor"] = "6s" }, null)],
        ExpectedAlert = "NotesAvailabilityFastBurn",
        UsersNotice = true,
        Duration = TimeSpan.FromSeconds(30),
        GameDay = new GameDayScenario("postgres", ["crashed", "killed"], "Restart it.", ["Look at the databases.", "Look at PostgreSQL."]),
    };
}
