using Back2Code.Lab.Traffic.Ledger;

namespace Back2Code.Lab.Traffic.Verification;

/// <summary>A write the platform acknowledged, and what has been found out about it.</summary>
internal sealed class ExpectedWrite(ExpectedNote note, string op, long? version)
{
    public ExpectedNote Note => note;

    public string Op => op;

    public long? Version => version;

    public string EventType => op switch
    {
        LedgerEntry.Create => "note.created",
        LedgerEntry.Replace => "note.replaced",
        _ => "note.deleted",
    };

    public bool EventSeen { get; set; }

    /// <summary>Some finding names this write, so it does not count as verified.</summary>
    public bool Blamed { get; set; }
}

/// <summary>What a reader must find of one note: the last acknowledged state, or one that a write with unknown outcome may have made after it.</summary>
internal sealed class ExpectedNote(Guid id, string user, string key)
{
    public Guid Id => id;

    public string User => user;

    public string Key => key;

    public List<ExpectedWrite> Acknowledged { get; } = [];

    public long Version { get; set; }

    public string? Content { get; set; }

    /// <summary>Version and content of replacements whose outcome is unknown.</summary>
    public List<(long Version, string? Content)> Possible { get; } = [];

    public bool Deleted { get; set; }

    public bool MayBeDeleted { get; set; }

    /// <summary>What the last answered read showed; null until there was one.</summary>
    public NoteSeen? Seen { get; set; }

    /// <summary>What is to be said of it.</summary>
    public NoteCheck? Check => Seen switch
    {
        null => null,
        { Found: true, Version: { } version } seen => Judge(version, seen.Content ?? ""),
        _ => JudgeMissing(),
    };

    /// <summary>Whether the user's list shows it; null until the list was read to its end.</summary>
    public bool? Listed { get; set; }

    /// <summary>After a deletion without an answer, both are right.</summary>
    public bool ListedRightly => Listed is bool listed && (MayBeDeleted || listed != Deleted);

    /// <summary>Read and listed as it should be.</summary>
    public bool IsRight => Check?.Fault == NoteFault.None && ListedRightly;

    public NoteCheck Judge(long version, string content)
    {
        if (Deleted)
        {
            return new NoteCheck(NoteFault.StillThere, version);
        }

        if (version < Version)
        {
            return new NoteCheck(NoteFault.OldVersion, version);
        }

        if (version == Version)
        {
            return new NoteCheck(content == Content ? NoteFault.None : NoteFault.OtherContent, version);
        }

        return new NoteCheck(Possible.Contains((version, content)) ? NoteFault.None : NoteFault.BeyondAnyWrite, version);
    }

    public NoteCheck JudgeMissing() => new(Deleted || MayBeDeleted ? NoteFault.None : NoteFault.Missing, null);
}

internal enum NoteFault
{
    None,
    Missing,
    StillThere,
    OldVersion,
    OtherContent,

    /// <summary>A version or content that no write of the ledger accounts for: some write took effect twice.</summary>
    BeyondAnyWrite,
}

internal sealed record NoteCheck(NoteFault Fault, long? Version);

/// <summary>What the ledger says the platform owes. Memory grows with the notes written, some 400 bytes each.</summary>
internal sealed class ExpectedState
{
    private readonly Dictionary<Guid, ExpectedNote> _notes = [];

    private ExpectedState()
    {
    }

    public IReadOnlyDictionary<Guid, ExpectedNote> Notes => _notes;

    public List<ExpectedWrite> Acknowledged { get; } = [];

    /// <summary>User of each creation that was tried, by idempotency key: also one without an answer may have made at most one note.</summary>
    public Dictionary<string, string> CreationKeys { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Users { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset StartedAt { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>Everything was seen to be as it should be.</summary>
    public bool AllRight => _notes.Values.All(n => n.IsRight) && Acknowledged.All(w => w.EventSeen);

    /// <summary>Every run in the ledger came to its end.</summary>
    public bool Complete { get; private set; } = true;

    /// <exception cref="TrafficException">The ledger cannot be read.</exception>
    public static ExpectedState Load(string ledgerPath)
    {
        var state = new ExpectedState();
        var open = new Dictionary<(string Run, long Write), LedgerEntry>();
        string run = "";
        bool ended = true;
        foreach (var entry in LedgerReader.Read(ledgerPath))
        {
            switch (entry.Kind)
            {
                case LedgerEntry.Run:
                    state.Complete &= ended;
                    ended = false;
                    run = entry.RunId ?? "";
                    state.StartedAt = entry.At < state.StartedAt ? entry.At : state.StartedAt;
                    break;
                case LedgerEntry.End:
                    ended = true;
                    break;
                case LedgerEntry.Try:
                    open[(run, entry.Write)] = entry;
                    state.Tried(entry);
                    break;
                case LedgerEntry.Ack:
                    open.Remove((run, entry.Write));
                    state.AcknowledgedBy(entry);
                    break;
                case LedgerEntry.Rejected:
                    open.Remove((run, entry.Write));
                    break;
            }
        }

        foreach (var unknown in open.Values)
        {
            state.Unknown(unknown);
        }

        state.Complete &= ended;
        return state;
    }

    private void Tried(LedgerEntry entry)
    {
        Users.Add(entry.User!);
        if (entry.Op == LedgerEntry.Create)
        {
            CreationKeys[entry.Key!] = entry.User!;
        }
    }

    private void AcknowledgedBy(LedgerEntry entry)
    {
        var id = entry.Note!.Value;
        if (!_notes.TryGetValue(id, out var note))
        {
            _notes[id] = note = new ExpectedNote(id, entry.User!, entry.Key ?? "");
        }

        var write = new ExpectedWrite(note, entry.Op!, entry.Version);
        note.Acknowledged.Add(write);
        Acknowledged.Add(write);
        if (entry.Op == LedgerEntry.Delete)
        {
            note.Deleted = true;
        }
        else if (entry.Version >= note.Version)
        {
            note.Version = entry.Version.Value;
            note.Content = entry.Content;
        }
    }

    // A creation without an answer has no note that anybody was told of; its key is checked for twins all the same.
    private void Unknown(LedgerEntry entry)
    {
        if (entry.Note is Guid id && _notes.TryGetValue(id, out var note))
        {
            if (entry.Op == LedgerEntry.Delete)
            {
                note.MayBeDeleted = true;
            }
            else
            {
                note.Possible.Add((entry.Version!.Value, entry.Content));
            }
        }
    }
}
