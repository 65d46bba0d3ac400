using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Ledger;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.Traffic;

public sealed class LedgerReaderTests : IDisposable
{
    private const string Run = """{"kind":"run","at":"2026-01-02T03:04:05Z","runId":"r"}""";
    private const string Try = """{"kind":"try","at":"2026-01-02T03:04:06Z","write":1,"op":"create","user":"ada","key":"r-1","version":1,"content":"c1"}""";
    private const string Ack = """{"kind":"ack","at":"2026-01-02T03:04:06Z","write":1,"op":"create","user":"ada","key":"r-1","note":"0198f000-0000-7000-8000-000000000001","version":1,"content":"c1"}""";
    private const string TryReplace = """{"kind":"try","at":"2026-01-02T03:04:07Z","write":2,"op":"replace","user":"ada","note":"0198f000-0000-7000-8000-000000000001","version":2,"content":"c2"}""";
    private const string End = """{"kind":"end","at":"2026-01-02T03:04:09Z","runId":"r"}""";

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_whole_ledger_is_complete()
    {
        var state = Load($"{Run}\n{Try}\n{Ack}\n{End}\n");

        Assert.True(state.Complete);
        Assert.Single(state.Acknowledged);
    }

    [Fact]
    public void A_torn_last_line_is_left_out_and_the_ledger_incomplete()
    {
        var state = Load($"{Run}\n{Try}\n{Ack[..40]}");

        Assert.False(state.Complete);
        Assert.Empty(state.Acknowledged);
        Assert.Equal("ada", state.CreationKeys["r-1"]);
    }

    [Fact]
    public void A_torn_line_before_the_next_run_is_tolerated()
    {
        var state = Load($"{Run}\n{Try[..30]}\n{Run}\n{Try}\n{Ack}\n{End}\n");

        Assert.False(state.Complete);
        Assert.Single(state.Acknowledged);
    }

    [Fact]
    public void A_torn_line_in_the_middle_is_an_error_with_its_number()
    {
        var error = Assert.Throws<TrafficException>(() => Load($"{Run}\n{Try[..30]}\n{Ack}\n"));

        Assert.Contains("Line 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData(Ack)]
    [InlineData("""{"kind":"run","at":"2026-01-02T03:04:05Z","shoeSize":43}""")]
    public void Something_else_than_a_ledger_is_refused(string text) => Assert.Throws<TrafficException>(() => Load(text));

    [Fact]
    public void A_missing_ledger_is_named()
    {
        var error = Assert.Throws<TrafficException>(() => LedgerReader.Read("/nowhere/ledger.jsonl").ToList());

        Assert.Contains("/nowhere/ledger.jsonl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replacement_without_outcome_may_have_happened_once_or_not()
    {
        var note = Assert.Single(Load($"{Run}\n{Try}\n{Ack}\n{TryReplace}\n{End}\n").Notes.Values);

        Assert.Equal(NoteFault.None, note.Judge(1, "c1").Fault);
        Assert.Equal(NoteFault.None, note.Judge(2, "c2").Fault);
        Assert.Equal(NoteFault.OtherContent, note.Judge(1, "c2").Fault);
        Assert.Equal(NoteFault.BeyondAnyWrite, note.Judge(2, "c1").Fault);
        Assert.Equal(NoteFault.BeyondAnyWrite, note.Judge(3, "c2").Fault);
        Assert.Equal(NoteFault.Missing, note.JudgeMissing().Fault);
    }

    [Fact]
    public void A_rejected_replacement_must_not_have_happened()
    {
        string rejected = TryReplace.Replace("\"try\"", "\"rejected\"", StringComparison.Ordinal);

        var note = Assert.Single(Load($"{Run}\n{Try}\n{Ack}\n{TryReplace}\n{rejected}\n{End}\n").Notes.Values);

        Assert.Equal(NoteFault.BeyondAnyWrite, note.Judge(2, "c2").Fault);
    }

    [Fact]
    public void After_an_acknowledged_replacement_the_creation_is_old()
    {
        string ack = TryReplace.Replace("\"try\"", "\"ack\"", StringComparison.Ordinal);

        var note = Assert.Single(Load($"{Run}\n{Try}\n{Ack}\n{TryReplace}\n{ack}\n{End}\n").Notes.Values);

        Assert.Equal(NoteFault.OldVersion, note.Judge(1, "c1").Fault);
        Assert.Equal(NoteFault.None, note.Judge(2, "c2").Fault);
    }

    [Fact]
    public void A_deletion_without_outcome_allows_both_and_an_acknowledged_one_only_absence()
    {
        string tryDelete = """{"kind":"try","at":"2026-01-02T03:04:07Z","write":2,"op":"delete","user":"ada","note":"0198f000-0000-7000-8000-000000000001"}""";
        string ackDelete = tryDelete.Replace("\"try\"", "\"ack\"", StringComparison.Ordinal);

        var unknown = Assert.Single(Load($"{Run}\n{Try}\n{Ack}\n{tryDelete}\n{End}\n").Notes.Values);
        var deleted = Assert.Single(Load($"{Run}\n{Try}\n{Ack}\n{tryDelete}\n{ackDelete}\n{End}\n").Notes.Values);

        Assert.Equal((NoteFault.None, NoteFault.None), (unknown.JudgeMissing().Fault, unknown.Judge(1, "c1").Fault));
        Assert.Equal((NoteFault.None, NoteFault.StillThere), (deleted.JudgeMissing().Fault, deleted.Judge(1, "c1").Fault));
    }

    private ExpectedState Load(string text)
    {
        File.WriteAllText(_path, text);
        return ExpectedState.Load(_path);
    }
}
