using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Drills;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillReaderTests : IDisposable
{
    private const string Head = "title: t\ndescription: d\nmethod: []\n";

    private readonly string folder = Directory.CreateTempSubdirectory("drill-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Everything_in_the_extension_is_read()
    {
        var drill = Read("""
            extensions:
              - name: somebody-elses
              - name: back2code
                traffic: {rate: 50, warmup: 2s, users: 3, mix: "reads=1"}
                faults:
                  - {type: link.latency, target: "notes-*-to-postgres", parameters: {latency: 3s, jitter: 200ms}, for: 12s}
                expect: {alert: Slow}
                usersNotice: true
                duration: 1m
                objectives: {mttd: 5s, mttr: 15s, failedRatio: 0.1, p99: 2500ms, lost: 1, alertsAllowed: [Other]}
            """);

        Assert.Equal(new DrillTraffic(50, TimeSpan.FromSeconds(2), 3, "reads=1"), drill.Traffic);
        var fault = Assert.Single(drill.Faults);
        Assert.Equal(("link.latency", "notes-*-to-postgres", TimeSpan.FromSeconds(12)), (fault.Type, fault.Target, fault.For));
        Assert.Equal("200ms", fault.Parameters["jitter"]);
        Assert.Equal(("drill", "Slow", true, TimeSpan.FromMinutes(1)), (drill.Name, drill.ExpectedAlert, drill.UsersNotice, drill.Duration));
        Assert.Equal((TimeSpan.FromSeconds(5), 0.1m, TimeSpan.FromSeconds(2.5), 1), (drill.Objectives.Mttd, drill.Objectives.FailedRatio, drill.Objectives.P99, drill.Objectives.Lost));
        Assert.Equal(["Other"], drill.Objectives.AlertsAllowed);
    }

    [Fact]
    public void Nothing_is_lost_or_duplicated_unless_the_drill_says_otherwise()
    {
        var drill = Read("extensions: [{name: back2code}]");

        Assert.Equal((0, 0, 0), (drill.Objectives.Lost, drill.Objectives.Duplicated, drill.Objectives.Stale));
    }

    [Theory]
    [InlineData("tags: [x]", 1, "a drill needs an entry {name: back2code")]
    [InlineData("extensions:\n  - name: back2code\n    objectivs: {lost: 0}", 6, "did you mean 'objectives'?")]
    [InlineData("extensions:\n  - name: back2code\n    objectives: {mtd: 5s}", 6, "did you mean 'mttd'?")]
    [InlineData("extensions:\n  - name: back2code\n    duration: 30", 6, "a duration with its unit")]
    [InlineData("extensions:\n  - name: back2code\n    traffic: {rate: 0}", 6, "from 1 to 100000")]
    [InlineData("extensions:\n  - name: back2code\n    objectives: {failedRatio: 5}", 6, "a share from 0 to 1")]
    [InlineData("extensions:\n  - name: back2code\n    objectives: {mttd: 5s}", 6, "has no meaning where users notice nothing")]
    [InlineData("extensions:\n  - name: back2code\n    usersNotice: true", 5, "needs 'expect: {alert: NAME}'")]
    [InlineData("extensions:\n  - name: back2code\n    faults: [{type: process.kill, target: redis}]", 5, "is not detected")]
    [InlineData("extensions:\n  - name: back2code\n    expect: {alert: A}\n    faults: [{type: process.kil, target: redis}]", 7, "There is no fault of type 'process.kil'")]
    [InlineData("extensions:\n  - name: back2code\n    expect: {alert: A}\n    faults: [{type: process.kill, target: redis, parameters: {downFor: soon}}]", 7, "'soon' is not a duration")]
    [InlineData("extensions:\n  - name: back2code\n    expect: {alert: A}\n    faults: [{type: process.freeze, target: redis}]", 7, "expected 'for'")]
    [InlineData("extensions:\n  - name: back2code\n    expect: {alert: A}\n    duration: 10s\n    faults: [{type: process.freeze, target: redis, for: 10s}]", 8, "nothing could recover")]
    [InlineData("extensions:\n  - name: back2code\n    expect: {alert: A}\n    faults: [{type: process.kill, target: redis, parameters: {downFor: [1]}}]", 7, "a single value, not a list")]
    public void A_bad_extension_is_refused_with_line_and_reason(string yaml, int line, string words)
    {
        var error = Assert.Throws<InvalidExperimentException>(() => Read(yaml));

        Assert.Contains(error.Errors, e => e.Line == line && e.Message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_of_the_experiment_and_of_its_extension_are_told_together()
    {
        var path = Path.Combine(folder, "drill.yaml");
        File.WriteAllText(path, "title: t\nmethod: []\nextensions: [{name: back2code, duration: x}]\n");

        var error = Assert.Throws<InvalidExperimentException>(() => DrillReader.Load(path));

        Assert.Equal(2, error.Errors.Count);
    }

    private Drill Read(string yaml)
    {
        var path = Path.Combine(folder, "drill.yaml");
        File.WriteAllText(path, Head + yaml + "\n");
        return DrillReader.Load(path);
    }
}
