namespace Back2Code.Lab.Traffic.Ledger;

/// <summary>A write whose try is in the ledger and whose outcome is not.</summary>
internal sealed record PendingWrite(LedgerEntry Try, string? Title, string? Body)
{
    public string? Key => Try.Key;
}

/// <summary>Numbers the writes of one run, invents their content, and tells the ledger their story.</summary>
internal sealed class WriteLog(LedgerWriter ledger, string runId, TimeProvider time)
{
    private long _writes;

    /// <summary>32 hexadecimal digits, different in every run: keys made from it never meet those of an earlier run with the same seed.</summary>
    public string RunId => runId;

    public ValueTask BeginAsync() => ledger.AppendAsync(new LedgerEntry { Kind = LedgerEntry.Run, RunId = runId, At = time.GetUtcNow() });

    /// <summary>Every write of this run has its outcome in the ledger. Without this line the reader knows that some may be missing.</summary>
    public ValueTask EndAsync() => ledger.AppendAsync(new LedgerEntry { Kind = LedgerEntry.End, RunId = runId, At = time.GetUtcNow() });

    public ValueTask<PendingWrite> TryCreateAsync(string user, DateTimeOffset at)
    {
        long write = Interlocked.Increment(ref _writes);
        string key = $"{runId}-{write}";
        return TryAsync(new LedgerEntry { Kind = LedgerEntry.Try, At = at, Write = write, Op = LedgerEntry.Create, User = user, Key = key, Version = 1 }, key);
    }

    public ValueTask<PendingWrite> TryReplaceAsync(string user, TrackedNote note, DateTimeOffset at)
    {
        long write = Interlocked.Increment(ref _writes);
        return TryAsync(new LedgerEntry { Kind = LedgerEntry.Try, At = at, Write = write, Op = LedgerEntry.Replace, User = user, Note = note.Id, Version = note.Version + 1 }, note.Key);
    }

    public async ValueTask<PendingWrite> TryDeleteAsync(string user, TrackedNote note, DateTimeOffset at)
    {
        long write = Interlocked.Increment(ref _writes);
        var entry = new LedgerEntry { Kind = LedgerEntry.Try, At = at, Write = write, Op = LedgerEntry.Delete, User = user, Note = note.Id };
        await ledger.AppendAsync(entry);
        return new PendingWrite(entry, null, null);
    }

    public ValueTask AcknowledgedAsync(PendingWrite write, Guid note, long? version, string outcome) =>
        ledger.AppendAsync(write.Try with { Kind = LedgerEntry.Ack, Note = note, Version = version, Outcome = outcome });

    public ValueTask NotAcknowledgedAsync(PendingWrite write, Answer answer) =>
        ledger.AppendAsync(write.Try with { Kind = answer.Rejected ? LedgerEntry.Rejected : LedgerEntry.Unknown, Outcome = answer.Outcome });

    private async ValueTask<PendingWrite> TryAsync(LedgerEntry entry, string key)
    {
        string title = NoteContent.Title(key);
        string body = NoteContent.Body(runId, entry.Write);
        entry = entry with { Content = NoteContent.Fingerprint(title, body) };
        await ledger.AppendAsync(entry);
        return new PendingWrite(entry, title, body);
    }
}
