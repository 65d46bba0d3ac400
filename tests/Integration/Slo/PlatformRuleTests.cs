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

    [Fact]
    public Task A_clock_that_is_off_is_told_and_one_that_is_a_second_late_is_not() => ExpectAsync(
        [("back2code_clock_seconds{job=\"notes\",instance=\"notes-1\"}", "1+1x60 661+1x30 92+1x20")], "ClockSkewed", [(60, false), (61, false), (62, true), (91, true), (92, false)]);

    [Fact]
    public Task A_page_without_samples_is_told_while_the_scrape_succeeds() => ExpectAsync(
        [(Up, "1+0x100"), ("back2code_clock_seconds{job=\"notes\",instance=\"notes-1\"}", "0+1x60 stale _x19 80+1x20")], "TelemetryMissing", [(60, false), (65, true), (79, true), (81, false)]);

    [Fact]
    public Task A_process_that_is_gone_is_not_told_as_one_without_samples() => ExpectAsync(
        [(Up, "1+0x60 0+0x30"), ("back2code_clock_seconds{job=\"notes\",instance=\"notes-1\"}", "0+1x60 stale")], "TelemetryMissing", [(63, false), (80, false)]);

    [Fact]
    public Task Memory_beyond_half_a_gibibyte_is_told() => ExpectAsync(
        [("process_resident_memory_bytes{job=\"notes\",instance=\"notes-1\"}", "180000000+0x30 600000000+0x30 180000000+0x30")], "ServiceMemoryHigh", [(30, false), (33, true), (60, true), (65, false)]);

    [Fact]
    public Task Tokens_that_are_refused_page_and_a_few_of_them_do_not() => ExpectAsync(
        [
            ("back2code_auth_tokens_total{job=\"notes\",instance=\"notes-1\",result=\"remembered\"}", "0+50x60 3000+0x30"),
            ("back2code_auth_tokens_total{job=\"notes\",instance=\"notes-1\",result=\"key\"}", "0+5x60 305+50x30"),
        ],
        "TokensRejected",
        [(50, false), (66, true), (88, true)],
        "critical");

    [Fact]
    public Task What_never_was_a_token_does_not_count_as_refused() => ExpectAsync(
        [
            ("back2code_auth_tokens_total{job=\"notes\",instance=\"notes-1\",result=\"remembered\"}", "0+0x90"),
            ("back2code_auth_tokens_total{job=\"notes\",instance=\"notes-1\",result=\"malformed\"}", "0+5x90"),
        ],
        "TokensRejected",
        [(30, false), (80, false)],
        "critical");

    private const string Revoked = "back2code_identity_events_total{job=\"identity\",instance=\"notes-1\",action=\"family-revoked\",outcome=\"success\"}";

    private static string SignIns(string outcome) => $"back2code_identity_events_total{{job=\"identity\",instance=\"notes-1\",action=\"sign-in\",outcome=\"{outcome}\"}}";

    [Fact]
    public Task Refused_sign_ins_are_told_when_they_are_more_than_mistakes() => ExpectAsync(
        [(SignIns("success"), "0+50x90"), (SignIns("denied"), "0+1x30 31+200x30 6031+0x30")],
        "SignInsRefused",
        [(28, false), (36, true), (58, true), (70, false)],
        service: "identity");

    [Fact]
    public Task The_first_token_that_comes_back_is_told_for_a_while() => ExpectAsync(
        [("up{job=\"identity\",instance=\"notes-1\"}", "1x90"), (Revoked, "_x30 1x60")],
        "TokenFamilyRevoked",
        [(29, false), (34, true), (60, false)],
        service: "identity");

    [Fact]
    public Task Another_token_that_comes_back_is_told_too() => ExpectAsync(
        [("up{job=\"identity\",instance=\"notes-1\"}", "1x90"), (Revoked, "3x30 4x60")], "TokenFamilyRevoked", [(30, false), (34, true), (60, false)], service: "identity");

    [Fact]
    public Task What_came_back_before_Prometheus_began_is_not_told_again() => ExpectAsync(
        [("up{job=\"identity\",instance=\"notes-1\"}", "1x90"), (Revoked, "3x90")], "TokenFamilyRevoked", [(5, false), (18, false), (60, false)], service: "identity");

    [Fact]
    public Task A_broken_audit_trail_pages_until_it_is_whole() => ExpectAsync(
        [("back2code_audit_intact{job=\"identity\",instance=\"notes-1\"}", "_x10 1x20 0x30 1x30")],
        "AuditTampered",
        [(5, false), (25, false), (34, true), (59, true), (70, false)],
        "critical",
        "identity");

    [Fact]
    public Task An_erasure_that_waits_for_minutes_is_told_until_it_is_complete() => ExpectAsync(
        [("back2code_identity_erasures_oldest_age_seconds{job=\"identity\",instance=\"notes-1\"}", "0x10 270+1x60 0x30")],
        "ErasureNotComplete",
        [(20, false), (40, false), (46, true), (69, true), (80, false)],
        service: "identity");

    [Fact]
    public Task A_gateway_with_hardly_a_connection_left_is_told() => ExpectAsync(
        [
            ("haproxy_process_current_connections{instance=\"notes-1\",job=\"gateway\"}", "50+0x30 850+0x30 50+0x20"),
            ("haproxy_process_max_connections{instance=\"notes-1\",job=\"gateway\"}", "1000+0x90"),
        ],
        "GatewayConnectionsHigh",
        [(30, false), (33, true), (60, true), (65, false)],
        service: "gateway");

    private static string Health(string check) => $"back2code_health_check_status{{check=\"{check}\",target=\"t\",job=\"monitoring\",instance=\"monitoring\"}}";

    [Fact]
    public Task A_health_check_that_is_critical_in_three_looks_is_told_until_it_is_not() => ExpectHealthAsync(
        [(Health("disk"), "0x30 2x60 0x30")], [(44, false, false), (46, true, false), (90, true, false), (97, false, false)]);

    [Fact]
    public Task A_health_check_that_warns_in_three_looks_is_kept_and_wakes_nobody() => ExpectHealthAsync(
        [(Health("disk"), "0x30 1x60 0x30")], [(44, false, false), (46, false, true), (90, false, true), (97, false, false)]);

    [Fact]
    public Task A_health_check_that_is_critical_once_is_nothing() => ExpectHealthAsync(
        [(Health("disk"), "0x30 2x9 0x60")], [(38, false, false), (46, false, false), (60, false, false)]);

    [Fact]
    public Task A_health_check_that_gets_worse_changes_its_alert() => ExpectHealthAsync(
        [(Health("disk"), "1x60 2x60")], [(50, false, true), (70, false, false), (80, true, false)]);

    [Fact]
    public Task A_health_check_that_could_not_look_or_is_about_processes_is_left_to_others() => ExpectHealthAsync(
        [(Health("disk"), "3x60"), (Health("process"), "2x60")], [(30, false, false), (60, false, false)]);

    [Fact]
    public Task A_health_check_that_is_no_longer_told_raises_nothing() => ExpectHealthAsync(
        [(Health("disk"), "2x60 _x60")], [(50, true, false), (70, false, false)]);

    [Fact]
    public Task Each_target_of_a_health_check_has_an_alert_of_its_own() => ExpectHealthAsync(
        [(Health("queue"), "2x60"), (Health("queue").Replace("target=\"t\"", "target=\"other\"", StringComparison.Ordinal), "1x60")], [(50, true, true)]);

    private static Task ExpectHealthAsync((string Name, string Values)[] series, (int At, bool Critical, bool Warns)[] expected)
    {
        var lines = new List<string> { "rule_files: [rules.yaml]", "evaluation_interval: 1s", "tests:", "  - interval: 1s", "    input_series:" };
        lines.AddRange(series.Select(s => $"      - {{series: '{s.Name}', values: '{s.Values}'}}"));
        lines.Add("    promql_expr_test:");
        foreach ((int at, bool critical, bool warns) in expected)
        {
            foreach ((string alert, string severity, bool fires) in new[] { ("HealthCheckCritical", "warning", critical), ("HealthCheckWarning", "info", warns) })
            {
                lines.Add(
                    $"      - {{expr: 'count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",severity=\"{severity}\",service=\"monitoring\"}}) or vector(0)', "
                    + $"eval_time: {at}s, exp_samples: [{{labels: '{{}}', value: {(fires ? 1 : 0)}}}]}}");
            }
        }

        return Promtool.TestAsync(File.ReadAllText(Path.Combine(RepositoryRoot(), "deploy", "prometheus", "rules", "platform.yaml")), string.Join('\n', lines));
    }

    private static Task ExpectAsync(
        (string Name, string Values)[] series, string alert, (int At, bool Fires)[] expected, string severity = "warning", string service = "notes")
    {
        var lines = new List<string> { "rule_files: [rules.yaml]", "evaluation_interval: 1s", "tests:", "  - interval: 1s", "    input_series:" };
        lines.AddRange(series.Select(s => $"      - {{series: '{s.Name}', values: '{s.Values}'}}"));
        lines.Add("    promql_expr_test:");
        lines.AddRange(expected.Select(e =>
            $"      - {{expr: 'count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",severity=\"{severity}\",instance=\"notes-1\",service=\"{service}\"}}) or vector(0)', "
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
