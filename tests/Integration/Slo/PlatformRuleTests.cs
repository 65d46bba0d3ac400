namespace Back2Code.IntegrationTests.Slo;

/// <summary>The hand-written platform alerts, judged by promtool. Series are written as stretches of one sample a second.</summary>
public sealed class PlatformRuleTests
{
    private const string Redis = "back2code_dependency_up{dependency=\"redis\",instance=\"notes-1\",job=\"notes\"}";
    private const string Up = "up{job=\"notes\",instance=\"notes-1\"}";
    private const string ReplicaUp = "haproxy_server_status{proxy=\"notes\",server=\"notes-1\",state=\"UP\",instance=\"gateway\",job=\"gateway\"}";
    private const string ReplicaIsDown = "haproxy_server_status{proxy=\"notes\",server=\"notes-1\",state=\"DOWN\",instance=\"gateway\",job=\"gateway\"}";

    [Fact]
    public Task A_dependency_that_falls_is_told_at_its_second_sample_and_until_it_is_back() => ExpectAsync(
        [(Redis, "1+0x60 0+0x299 1+0x20")],
        "RedisUnavailable",
        [(60, false), (61, false), (62, true), (90, true), (300, true), (360, true), (361, false)]);

    [Fact]
    public Task One_probe_without_an_answer_is_nothing() => ExpectAsync(
        [(Redis, "1+0x60 0 1+0x20")], "RedisUnavailable", [(61, false), (62, false), (63, false)]);

    [Fact]
    public Task A_dependency_that_is_not_up_yet_is_nothing() => ExpectAsync(
        [(Redis, "0+0x20 1+0x40")], "RedisUnavailable", [(5, false), (20, false), (40, false)]);

    [Fact]
    public Task A_dependency_that_never_comes_up_is_told_after_a_minute() => ExpectAsync(
        [(Redis, "0+0x120")], "RedisUnavailable", [(40, false), (70, true), (120, true)]);

    [Fact]
    public Task What_the_last_run_left_behind_is_nothing() => ExpectAsync(
        // The platform stopped while Redis was up; eight seconds later the next one starts, and Redis takes its time.
        [(Redis, "1+0x60 _x8 0+0x10 1+0x20")], "RedisUnavailable", [(70, false), (72, false), (76, false), (79, false), (95, false)]);

    [Fact]
    public Task A_process_that_dies_is_told() => ExpectAsync(
        [(Up, "0+0x10 1+0x60 0+0x30")], "TargetDown", [(9, false), (71, false), (72, false), (73, true), (100, true)]);

    [Fact]
    public Task One_scrape_that_failed_is_nothing() => ExpectAsync([(Up, "1+0x60 0 1+0x20")], "TargetDown", [(61, false), (62, false)]);

    [Fact]
    public Task A_replica_that_is_taken_out_is_told_at_once() => ExpectAsync(
        [(ReplicaUp, "1+0x60 0+0x30 1+0x20"), (ReplicaIsDown, "0+0x60 1+0x30 0+0x20")], "ReplicaDown", [(60, false), (61, true), (90, true), (92, false)]);

    [Fact]
    public Task A_replica_that_the_gateway_believed_up_before_its_first_look_is_nothing() => ExpectAsync(
        [(ReplicaUp, "1+0x1 0+0x15 1+0x20"), (ReplicaIsDown, "0+0x1 1+0x15 0+0x20")], "ReplicaDown", [(3, false), (10, false), (16, false)]);

    [Fact]
    public Task A_replica_in_maintenance_is_nothing() => ExpectAsync(
        [(ReplicaUp, "1+0x60 0+0x60"), (ReplicaIsDown, "0+0x120")], "ReplicaDown", [(62, false), (120, false)]);

    private static Task ExpectAsync((string Name, string Values)[] series, string alert, (int At, bool Fires)[] expected)
    {
        var lines = new List<string> { "rule_files: [rules.yaml]", "evaluation_interval: 1s", "tests:", "  - interval: 1s", "    input_series:" };
        lines.AddRange(series.Select(s => $"      - {{series: '{s.Name}', values: '{s.Values}'}}"));
        lines.Add("    promql_expr_test:");
        lines.AddRange(expected.Select(e =>
            $"      - {{expr: 'count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",severity=\"warning\",instance=\"notes-1\",service=\"notes\"}}) or vector(0)', "
            + $"eval_time: {e.At}s, exp_samples: [{{labels: '{{}}', value: {(e.Fires ? 1 : 0)}}}]}}"));
        return Promtool.TestAsync(File.ReadAllText(Path.Combine(RepositoryRoot(), "deploy", "prometheus", "rules", "platform.yaml")), string.Join('\n', lines));
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Back2Code.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run from within the repository.");
    }
}
