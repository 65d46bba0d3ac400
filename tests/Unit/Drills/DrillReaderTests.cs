using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Drills;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillReaderTests : IDisposable
{
    private const string Head = "title: t\ndescription: d\nmethod: []\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("drill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

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
                objectives: {mttd: 5s, mttr: 15s, failedRatio: 0.1, budget: 0.0004, p99: 2500ms, latency: {reads: {p50: 10ms, p99: 250ms}, lists: {p95: 1s}}, lost: 1, alertsAllowed: [Other]}
            """);

        Assert.Equal(new DrillTraffic(50, TimeSpan.FromSeconds(2), 3, "reads=1"), drill.Traffic);
        var fault = Assert.Single(drill.Faults);
        Assert.Equal(("link.latency", "notes-*-to-postgres", TimeSpan.FromSeconds(12)), (fault.Type, fault.Target, fault.For));
        Assert.Equal("200ms", fault.Parameters["jitter"]);
        Assert.Equal(("drill", "Slow", true, TimeSpan.FromMinutes(1)), (drill.Name, drill.ExpectedAlert, drill.UsersNotice, drill.Duration));
        Assert.Equal((TimeSpan.FromSeconds(5), 0.1m, 0.0004m), (drill.Objectives.Mttd, drill.Objectives.FailedRatio, drill.Objectives.Budget));
        Assert.Equal((TimeSpan.FromSeconds(2.5), 1), (drill.Objectives.P99, drill.Objectives.Lost));
        Assert.Equal(["Other"], drill.Objectives.AlertsAllowed);
        Assert.Equal(
            [new JourneyLatency("reads", TimeSpan.FromMilliseconds(10), null, TimeSpan.FromMilliseconds(250)), new JourneyLatency("lists", null, TimeSpan.FromSeconds(1), null)],
            drill.Objectives.Latency);
    }

    [Fact]
    public void Traffic_may_have_tokens_of_the_identity_service()
    {
        var drill = Read("""
            extensions:
              - name: back2code
                traffic: {rate: 50, tokens: identity, renew: 3s}
                expect: {alert: none}
            """);

        Assert.Equal((true, TimeSpan.FromSeconds(3)), (drill.Traffic.IdentityTokens, drill.Traffic.Renew));
    }

    [Fact]
    public void Faults_may_come_later_and_again_and_objectives_may_count_incidents()
    {
        var drill = Read("""
            extensions:
              - name: back2code
                faults:
                  - {type: app.errors, target: "notes-*", parameters: {ratio: 0.01, route: /v1/notes}, for: 5s}
                  - {type: link.down, target: a-to-b, for: 2s, after: 3s, repeat: {times: 4, every: 5s}}
                expect: {alert: Slow}
                objectives: {incidents: 1, pages: 0, alertsAllowed: ["*"], alertsForbidden: [Blind]}
            """);

        Assert.Equal([TimeSpan.Zero], drill.Faults[0].Due);
        Assert.Equal([3.0, 8, 13, 18], drill.Faults[1].Due.Select(d => d.TotalSeconds));
        Assert.Equal((1, 0), (drill.Objectives.Incidents, drill.Objectives.Pages));
        Assert.Equal(["Blind"], drill.Objectives.AlertsForbidden);
    }

    [Theory]
    [InlineData("traffic: {tokens: google}", "'tokens' in 'traffic' is lab or identity, not 'google'")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, after: 1s}]", "every fault has 'after'")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, afer: 1s}]", "did you mean 'after'?")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, repeat: {times: 2}}]", "'repeat' of a fault needs 'every'")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, repeat: {times: 1, every: 5s}}]", "from 2 to 100")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, repeat: {times: 2, every: 2s}}]", "it would never go")]
    [InlineData("faults: [{type: link.down, target: a, for: 2s, repeat: {times: 9, every: 5s}}]", "nothing could recover")]
    [InlineData("faults: [{type: app.errors, target: a, for: 2s}]", "parameter 'ratio' is missing")]
    [InlineData("faults: [{type: app.errors, target: a, for: 2s, parameters: {ratio: 0.1, route: /health}}]", "a path that begins with /v1/")]
    [InlineData("objectives: {incidents: -1}", "from 0 to 1000")]
    [InlineData("objectives: {latency: {read: {p99: 1s}}}", "did you mean 'reads'?")]
    [InlineData("objectives: {latency: {reads: {p98: 1s}}}", "'reads' of 'latency' has no key 'p98'")]
    [InlineData("objectives: {latency: {reads: {}}}", "bounds nothing")]
    [InlineData("objectives: {latency: {reads: 1s}}", "'reads' of 'latency' must be a map")]
    [InlineData("objectives: {alertsForbidden: [\"A*\"]}", "'alertsForbidden' forbids Alert, which 'expect' asks for")]
    public void What_could_not_be_played_or_judged_is_refused(string yaml, string words)
    {
        var error = Assert.Throws<InvalidExperimentException>(() => Read($"extensions:\n  - name: back2code\n    expect: {{alert: Alert}}\n    {yaml}"));

        Assert.Contains(error.Errors, e => e.Message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void Later_faults_do_not_go_with_a_method()
    {
        var path = Path.Combine(_folder, "drill.yaml");
        File.WriteAllText(path, """
            title: t
            description: d
            method: [{type: action, name: a, provider: {type: process, path: "true"}}]
            extensions:
              - name: back2code
                expect: {alert: A}
                faults: [{type: link.down, target: a, for: 2s, repeat: {times: 2, every: 4s}}]
            """);

        var error = Assert.Throws<InvalidExperimentException>(() => DrillReader.Load(path));

        Assert.Contains(error.Errors, e => e.Message.Contains("do not go with a 'method'", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_lost_or_duplicated_unless_the_drill_says_otherwise()
    {
        var drill = Read("extensions: [{name: back2code}]");

        Assert.Equal((0, 0, 0), (drill.Objectives.Lost, drill.Objectives.Duplicated, drill.Objectives.Stale));
    }

    [Theory]
    [InlineData("runtime: {hypothesis: {strategy: continuously}}\nextensions: [{name: back2code}]", 4, "checks its hypothesis before and after")]
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
        var path = Path.Combine(_folder, "drill.yaml");
        File.WriteAllText(path, "title: t\nmethod: []\nextensions: [{name: back2code, duration: x}]\n");

        var error = Assert.Throws<InvalidExperimentException>(() => DrillReader.Load(path));

        Assert.Equal(2, error.Errors.Count);
    }

    private Drill Read(string yaml)
    {
        var path = Path.Combine(_folder, "drill.yaml");
        File.WriteAllText(path, Head + yaml + "\n");
        return DrillReader.Load(path);
    }
}
