using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>The README's first command, from nothing to the incident report.</summary>
public sealed class FirstCommandTests
{
    [Fact]
    public async Task Postgres_crash_from_a_cold_start_ends_with_a_report_and_an_empty_machine()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        using var reports = new TemporaryFolder();

        await using var drill = RunningCommand.Start(
            "drill", "run", "postgres-crash", "--json", "--state", state.Path, "--port-base", "auto", "--report", reports.Path);
        var exit = await drill.WaitAsync(TimeSpan.FromSeconds(240), cancellationToken);

        Assert.True(exit == 0, $"the drill ended with {exit}.\n{drill}");
        await state.AssertNothingIsLeftAsync(cancellationToken);

        using var summary = JsonDocument.Parse(drill.Output);
        AssertSummaryContract(summary.RootElement);
        AssertArtefacts(reports.Path, summary.RootElement);
    }

    /// <summary>The members of <c>summary.json</c> that scripts rely on, each with the type and the range that it promises.</summary>
    private static void AssertSummaryContract(JsonElement summary)
    {
        Assert.Equal("postgres-crash", summary.GetProperty("drill").GetString());
        Assert.Equal("completed", summary.GetProperty("status").GetString());

        var injected = summary.GetProperty("injectedAt").GetDateTimeOffset();
        var detected = summary.GetProperty("detectedAt").GetDateTimeOffset();
        var recovered = summary.GetProperty("recoveredAt").GetDateTimeOffset();
        Assert.InRange(detected, injected, recovered);
        Assert.Equal((detected - injected).TotalSeconds, summary.GetProperty("mttdSeconds").GetDouble(), tolerance: 0.01);
        Assert.Equal((recovered - injected).TotalSeconds, summary.GetProperty("mttrSeconds").GetDouble(), tolerance: 0.01);
        Assert.EndsWith("Z", summary.GetProperty("injectedAt").GetString(), StringComparison.Ordinal);

        var requests = summary.GetProperty("requests");
        Assert.InRange(requests.GetProperty("failed").GetInt64(), 1, requests.GetProperty("total").GetInt64() - 1);
        Assert.Equal(
            (double)requests.GetProperty("failed").GetInt64() / requests.GetProperty("total").GetInt64(),
            requests.GetProperty("failedRatio").GetDouble(), tolerance: 0.0001);

        var latency = summary.GetProperty("latencyMs");
        Assert.InRange(latency.GetProperty("p50").GetDouble(), 0.01, latency.GetProperty("p95").GetDouble());
        Assert.InRange(latency.GetProperty("p95").GetDouble(), latency.GetProperty("p50").GetDouble(), latency.GetProperty("p99").GetDouble());

        var budget = summary.GetProperty("errorBudget");
        Assert.InRange(budget.GetProperty("objective").GetDouble(), 0.9, 0.99999);
        Assert.True(budget.GetProperty("burntRatio").GetDouble() > 0);

        var ledger = summary.GetProperty("ledger");
        Assert.True(ledger.GetProperty("acknowledged").GetInt64() > 100);
        Assert.Equal(ledger.GetProperty("acknowledged").GetInt64(), ledger.GetProperty("verified").GetInt64());
        Assert.All(["lost", "duplicated", "stale"], name => Assert.Equal(0, ledger.GetProperty(name).GetInt64()));

        Assert.Contains(summary.GetProperty("alerts").EnumerateArray(), alert => alert.GetProperty("name").GetString() == "NotesAvailabilityFastBurn");
        Assert.All(summary.GetProperty("objectives").EnumerateArray(), objective => Assert.True(objective.GetProperty("met").GetBoolean(), objective.ToString()));
        Assert.NotEmpty(summary.GetProperty("receipts").EnumerateArray());
    }

    private static void AssertArtefacts(string folder, JsonElement printed)
    {
        // --report names the folder itself or the folder of reports; the files must be in exactly one place below it.
        var written = Assert.Single(Directory.GetFiles(folder, "summary.json", SearchOption.AllDirectories));
        var report = Path.GetDirectoryName(written)!;
        using var stored = JsonDocument.Parse(File.ReadAllText(written));
        using var journal = JsonDocument.Parse(File.ReadAllText(Path.Combine(report, "journal.json")));
        var html = File.ReadAllText(Path.Combine(report, "report.html"));
        var markdown = File.ReadAllText(Path.Combine(report, "report.md"));

        Assert.Equal(printed.GetProperty("mttrSeconds").GetDouble(), stored.RootElement.GetProperty("mttrSeconds").GetDouble());
        Assert.Equal("completed", journal.RootElement.GetProperty("status").GetString());
        Assert.False(journal.RootElement.GetProperty("deviated").GetBoolean());
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", html, StringComparison.Ordinal);
        Assert.All(["Timeline", "Ledger", "What failed", "Which signal caught it", "Which human decision mattered"], heading =>
            Assert.Contains(heading, markdown, StringComparison.OrdinalIgnoreCase));
    }
}
