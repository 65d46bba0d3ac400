using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.Traffic;

public sealed class ReadBackTests : IDisposable
{
    private static readonly Guid One = Guid.Parse("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Two = Guid.Parse("00000000-0000-0000-0000-000000000002");
    private static readonly Guid Three = Guid.Parse("00000000-0000-0000-0000-000000000003");

    private readonly string _folder = Directory.CreateTempSubdirectory("readback-").FullName;

    private string Ledger => Path.Combine(_folder, "ledger.jsonl");

    private string Seen => Path.Combine(_folder, "readback.jsonl");

    [Fact]
    public async Task A_verdict_can_be_given_again_from_what_was_seen()
    {
        File.WriteAllText(Ledger, LedgerText);
        var state = ExpectedState.Load(Ledger);
        var seen = new ReadBack { LastTrouble = "GET notes: timeout" };
        state.Notes[One].Seen = new NoteSeen(true, 1, "c1");
        state.Notes[Two].Seen = new NoteSeen(false, null, null);
        (state.Notes[One].Listed, state.Notes[Two].Listed) = (true, false);
        seen.Listed("k1", One);
        seen.Listed("k1", Three);
        seen.Notified(new EventKey(One, "note.created", 1), "n1");
        seen.Notified(new EventKey(One, "note.created", 1), "n2");
        seen.InboxesRead.TryAdd("ada", 0);
        state.Acknowledged[0].EventSeen = true;

        await ReadBackFile.WriteAsync(Seen, state, seen, TestContext.Current.CancellationToken);
        var first = Judgement.Of(state, seen, TimeSpan.Zero);
        var again = LedgerVerification.JudgeAgain(Ledger, Seen);

        Assert.Equal((2, 0, 2, 2, 0, 0), (again.Acknowledged, again.Verified, again.Lost, again.Duplicated, again.Stale, again.Unreadable));
        Assert.Equal(first.Details, again.Details);
        Assert.Equal(first with { Details = [] }, again with { Details = [] });
    }

    [Fact]
    public void Nothing_seen_is_not_the_same_as_nothing_there()
    {
        File.WriteAllText(Ledger, LedgerText);
        File.WriteAllText(Seen, """{"kind":"trouble","text":"GET note: timeout"}""" + "\n");

        var verdict = LedgerVerification.JudgeAgain(Ledger, Seen);

        Assert.Equal((0, 4), (verdict.Lost, verdict.Unreadable));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"kind":"note"}""")]
    [InlineData("""{"kind":"key","key":"k","ids":["no guid"]}""")]
    [InlineData("""{"kind":"user","inboxRead":true}""")]
    public void A_line_that_is_none_is_named(string line)
    {
        File.WriteAllText(Ledger, LedgerText);
        File.WriteAllText(Seen, line + "\n");

        Assert.Contains("Line 1 of", Assert.Throws<TrafficException>(() => LedgerVerification.JudgeAgain(Ledger, Seen)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string LedgerText => $$"""
        {"kind":"run","at":"2026-11-20T12:00:00Z","runId":"r"}
        {"kind":"try","at":"2026-11-20T12:00:01Z","write":1,"op":"create","user":"ada","key":"k1","version":1,"content":"c1"}
        {"kind":"ack","at":"2026-11-20T12:00:01Z","write":1,"op":"create","user":"ada","key":"k1","note":"{{One}}","version":1,"content":"c1","outcome":"201"}
        {"kind":"try","at":"2026-11-20T12:00:02Z","write":2,"op":"create","user":"ada","key":"k2","version":1,"content":"c2"}
        {"kind":"ack","at":"2026-11-20T12:00:02Z","write":2,"op":"create","user":"ada","key":"k2","note":"{{Two}}","version":1,"content":"c2","outcome":"201"}
        {"kind":"end","at":"2026-11-20T12:00:09Z","runId":"r"}

        """;
}
