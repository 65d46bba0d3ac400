using Back2Code.Observability;

namespace Back2Code.UnitTests.Observability;

public sealed class PrometheusNamesTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("process.resident_memory", "By", false, true, "process_resident_memory_bytes")]
    [InlineData("back2code.retries", "{retry}", true, false, "back2code_retries_total")]
    [InlineData("back2code.circuit.state", "{state}", false, true, "back2code_circuit_state")]
    [InlineData("back2code.bulkhead.shed", "{call}", true, false, "back2code_bulkhead_shed_total")]
    [InlineData("process.cpu", "s", true, false, "process_cpu_seconds_total")]
    [InlineData("requests_total", null, true, false, "requests_total")]
    [InlineData("wait_seconds", "s", false, true, "wait_seconds")]
    [InlineData("cpu.utilization", "1", false, true, "cpu_utilization_ratio")]
    [InlineData("cpu.utilization", "1", true, false, "cpu_utilization_total")]
    [InlineData("throughput", "By/s", false, true, "throughput_bytes_per_second")]
    [InlineData("rate", "{request}/s", false, true, "rate_per_second")]
    [InlineData("load", "m/min", false, true, "load_meters_per_minute")]
    [InlineData("2nd-try  failed!", "", false, true, "_2nd_try_failed_")]
    [InlineData("größe", "", false, true, "gr_e")]
    public void Metric_names_follow_the_compatibility_specification(string name, string? unit, bool counter, bool gauge, string expected) =>
        Assert.Equal(expected, PrometheusNames.Metric(name, unit, counter, gauge));

    [Theory]
    [InlineData("http.request.method", "http_request_method")]
    [InlineData("a:b", "a_b")]
    [InlineData("9lives", "_9lives")]
    [InlineData("", "_")]
    public void Label_names_allow_no_colon(string name, string expected) =>
        Assert.Equal(expected, PrometheusNames.Label(name));
}
