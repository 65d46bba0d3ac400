using Back2Code.Chaos.Experiments.Reports;

namespace Back2Code.UnitTests.Experiments;

public sealed class JournalReportTests
{
    /// <summary>In the shape that Chaos Toolkit writes; made by hand.</summary>
    private const string Reference = """
        {
          "chaoslib-version": "1.45.0",
          "platform": "Linux-6.1.0-x86_64-with-glibc2.36",
          "node": "runner",
          "experiment": {
            "title": "Is the <shop> still | open?",
            "description": "What happens\nwhen it `closes`",
            "tags": ["shop"],
            "contributions": {"availability": "high"},
            "secrets": {"group": {"password": "hunter2", "name": {"type": "env", "key": "NAME"}}},
            "steady-state-hypothesis": {"title": "Open", "probes": []},
            "method": [],
            "dry": null
          },
          "start": "2026-11-20T10:00:00.000000",
          "status": "completed",
          "deviated": true,
          "steady_states": {
            "before": {"steady_state_met": true, "probes": [
              {"activity": {"type": "probe", "name": "answers", "tolerance": 200, "provider": {"type": "http", "url": "http://shop"}},
               "output": {"status": 200, "headers": {}, "body": "ok"}, "start": "2026-11-20T10:00:00.100000", "status": "succeeded", "end": "2026-11-20T10:00:00.200000", "duration": 0.1, "tolerance_met": true}]},
            "after": {"steady_state_met": false, "probes": [
              {"activity": {"type": "probe", "name": "answers", "tolerance": 200, "provider": {"type": "http", "url": "http://shop"}},
               "output": {"status": 503, "headers": {}, "body": ""}, "start": "2026-11-20T10:00:02+00:00", "status": "succeeded", "end": "2026-11-20T10:00:02.5+00:00", "duration": 0.5, "tolerance_met": false}]},
            "during": []
          },
          "run": [
            {"activity": {"type": "action", "name": "close", "background": true, "provider": {"type": "process", "path": "close-shop", "arguments": "now"}},
             "output": {"status": 0, "stdout": "used hunter2 </pre><script>alert(1)</script>\n```", "stderr": ""}, "start": "2026-11-20T10:00:01", "status": "succeeded", "end": "2026-11-20T10:00:01.5", "duration": 0.5},
            {"activity": {"type": "action", "name": "fail", "provider": {"type": "python", "module": "m", "func": "f"}},
             "output": null, "start": "2026-11-20T10:00:01.6", "status": "failed", "exception": ["Traceback (most recent call last):\n", "  ValueError: no hunter2\n"], "end": "2026-11-20T10:00:01.7", "duration": 0.1}
          ],
          "rollbacks": [],
          "end": "2026-11-20T10:00:03.000000",
          "duration": 3.0
        }
        """;

    [Fact]
    public void A_journal_of_the_reference_is_read_whole()
    {
        var journal = JournalReader.Parse(Reference, "journal.json");

        Assert.Equal(("completed", true, "1.45.0"), (journal.Status, journal.Deviated, journal.Version));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 10, 0, 0, TimeSpan.Zero), journal.Start);
        Assert.Equal((true, false), (journal.Before!.Met, journal.After!.Met));
        Assert.Equal(["close", "fail"], journal.Run.Select(r => r.Name));
        Assert.Equal("The steady state has deviated; a weakness may have been found.", journal.Ending);
    }

    [Fact]
    public void Markdown_has_every_part_hides_secrets_and_lets_no_html_through()
    {
        var page = JournalMarkdown.Write(JournalReader.Parse(Reference, "journal.json"));

        Assert.StartsWith("# Is the &lt;shop> still | open?\n\nWhat happens\nwhen it `closes`\n", page, StringComparison.Ordinal);
        Assert.Contains("| Deviated | yes |", page, StringComparison.Ordinal);
        Assert.Contains("### After the method: missed", page, StringComparison.Ordinal);
        Assert.Contains("| close | action, background | succeeded | 2026-11-20 10:00:01.000 UTC | 0.5 s |", page, StringComparison.Ordinal);
        Assert.Contains("ValueError: no ***", page, StringComparison.Ordinal);
        Assert.Contains("````\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_is_one_file_hides_secrets_and_runs_nothing_of_the_journal()
    {
        var page = JournalHtml.Write(JournalReader.Parse(Reference, "journal.json"));

        Assert.Contains("<title>Is the &lt;shop&gt; still | open?</title>", page, StringComparison.Ordinal);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_left_out()
    {
        var journal = JournalReader.Parse("""{"experiment": {}, "run": [{}], "steady_states": null}""", "j");

        Assert.Equal(("Untitled experiment", "unknown"), (journal.Title, journal.Status));
        Assert.Contains("not finished", JournalMarkdown.Write(journal), StringComparison.Ordinal);
        Assert.Contains("not finished", JournalHtml.Write(journal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "j:1:1: not valid JSON")]
    [InlineData("{\"experiment\": {}, ", "j:1:")]
    [InlineData("[]", "a journal is a JSON object")]
    [InlineData("{}", "has the key 'experiment'")]
    [InlineData("{\"experiment\": 5}", "'experiment' must be an object")]
    [InlineData("{\"experiment\": {}, \"run\": {}}", "'run' must be a list")]
    [InlineData("{\"experiment\": {}, \"run\": [{\"activity\": []}]}", "'run[0].activity' must be an object")]
    [InlineData("{\"experiment\": {}, \"experiment\": {}}", "given twice")]
    public void What_is_no_journal_is_refused_with_its_place(string text, string words) =>
        Assert.Contains(words, Assert.Throws<JournalFormatException>(() => JournalReader.Parse(text, "j")).Message, StringComparison.Ordinal);
}
