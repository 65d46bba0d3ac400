using Back2Code.Cli.Commands;

namespace Back2Code.UnitTests.Slo;

public sealed class SloStatusTests
{
    [Theory]
    [InlineData(1.0, "████████████████████")]
    [InlineData(0.5, "██████████░░░░░░░░░░")]
    [InlineData(0.001, "█░░░░░░░░░░░░░░░░░░░")]
    [InlineData(0.0, "░░░░░░░░░░░░░░░░░░░░")]
    [InlineData(-3.0, "░░░░░░░░░░░░░░░░░░░░")]
    [InlineData(1.7, "████████████████████")]
    [InlineData(null, "                    ")]
    public void The_bar_shows_what_is_left(double? remaining, string bar) => Assert.Equal(bar, SloStatusTable.Bar(remaining));

    [Theory]
    [InlineData("ok", false, "warning", false)]
    [InlineData("warning", false, "warning", true)]
    [InlineData("warning", false, "critical", false)]
    [InlineData("critical", false, "critical", true)]
    [InlineData("critical", false, null, false)]
    [InlineData("unknown", false, "critical", true)]
    [InlineData("ok", true, "critical", true)]
    public void A_gate_opens_only_on_evidence(string state, bool stale, string? failOn, bool shut) =>
        Assert.Equal(shut, SloStatusCommand.Fails([Line("ok", stale: false), Line(state, stale)], failOn));

    [Fact]
    public void No_budget_at_all_keeps_the_gate_shut() => Assert.True(SloStatusCommand.Fails([], "critical"));

    [Fact]
    public void In_a_file_the_table_has_no_colours_and_no_broken_lines()
    {
        using var output = new StringWriter();

        SloStatusTable.Print(new SloStatusDocument([Line("warning", stale: false), Line("unknown", stale: true)], "Last known figures: [red]Prometheus is away[/]."), output);

        string text = output.ToString();
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("│ notes-availability ≥ 99.5 % over 30d │ warning │ ████████████████████ │ 98.7 % │    0.31 │  44 min │ 12,345 │ 42 % │", text, StringComparison.Ordinal);
        Assert.Contains("Last known figures: [red]Prometheus is away[/].", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "–")]
    [InlineData(0d, "gone")]
    [InlineData(90d, "90 s")]
    [InlineData(86_400d * 12, "12 d")]
    [InlineData(1e12, "years")]
    public void The_time_to_exhaustion_is_in_the_unit_that_people_would_use(double? seconds, string text) => Assert.Equal(text, SloStatusTable.Duration(seconds));

    private static SloStatusLine Line(string state, bool stale) =>
        new("notes-availability", "notes", 0.995m, "30d", state, 0.987, 0.31, 2640, 0.42, 12_345, stale);
}
