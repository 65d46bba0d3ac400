using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillSettingsTests : IDisposable
{
    private readonly DrillOnDisk _file = new();

    [Fact]
    public void Traffic_duration_and_parameters_of_faults_can_be_changed()
    {
        var drill = DrillSettings.Parse(["traffic.rate=240", "traffic.warmup=3s", "duration=60s", "fault.latency=1s", "fault.2.for=5s"]).ApplyTo(_file.Load());

        Assert.Equal((240, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(60)), (drill.Traffic.Rate, drill.Traffic.Warmup, drill.Duration));
        Assert.Equal(["1s", "1s"], drill.Faults.Select(f => f.Parameters["latency"]));
        Assert.Equal([TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(5)], drill.Faults.Select(f => f.For!.Value));
    }

    [Fact]
    public void What_concerns_processes_changes_no_drill()
    {
        var settings = DrillSettings.Parse(["notes:Resilience__postgres__TotalTimeout=00:00:01", "notes:A=b=c", "gateway:X=1"]);
        var drill = _file.Load();

        Assert.Equal(drill, settings.ApplyTo(drill));
        Assert.Equal("00:00:01", settings.Environment["notes"]["Resilience__postgres__TotalTimeout"]);
        Assert.Equal("b=c", settings.Environment["notes"]["A"]);
        Assert.Equal(["notes:Resilience__postgres__TotalTimeout=00:00:01", "notes:A=b=c", "gateway:X=1"], settings.Texts);
    }

    [Theory]
    [InlineData("rate=3", "There is no setting 'rate'")]
    [InlineData("traffic.speed=3", "There is no setting 'traffic.speed'")]
    [InlineData("objectives.mttr=3s", "judges a run and does not change it")]
    [InlineData("traffic.rate=", "is no setting; expected KEY=VALUE")]
    [InlineData("traffic.rate=0", "not a whole number from 1 to 100000")]
    [InlineData("traffic.mix=writes=1", "'writes' is no journey")]
    [InlineData("duration=soon", "is not a duration")]
    [InlineData("duration=10s", "nothing could recover")]
    [InlineData("fault.colour=red", "no fault of drill has a parameter 'colour'; there are latency, jitter")]
    [InlineData("fault.3.latency=1s", "drill has 2")]
    [InlineData("fault.latency=9h", "out of range")]
    public void What_does_not_fit_is_refused_with_what_would(string setting, string message)
    {
        var refused = Assert.Throws<DrillSettingException>(() => DrillSettings.Parse([setting]).ApplyTo(_file.Load()));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>A drill file of a test's own, with two faults.</summary>
internal sealed class DrillOnDisk : IDisposable
{
    public const string Yaml = """
        title: PostgreSQL answers too late
        description: Every answer takes longer.
        tags: [postgres]
        method: []
        extensions:
          - name: back2code
            traffic: {rate: 120, warmup: 8s, users: 2}
            faults:
              - {type: link.latency, target: "notes-*-to-postgres", parameters: {latency: 3s}, for: 12s}
              - {type: link.latency, target: "notes-*-to-redis", parameters: {latency: 2s}, for: 12s}
            expect: {alert: FastBurn}
            usersNotice: true
            duration: 35s
            objectives:
              # Why so long is told here.
              mttd: 8s
              mttr: 20s
              lost: 0
              alertsAllowed: [Down]
        """;

    public DrillOnDisk(string yaml = Yaml)
    {
        Folder = Directory.CreateTempSubdirectory("drill-").FullName;
        Path = System.IO.Path.Combine(Folder, "drill.yaml");
        File.WriteAllText(Path, yaml);
    }

    public string Folder { get; }

    public string Path { get; }

    public Drill Load() => DrillReader.Load(Path);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
