namespace Back2Code.Lab.Traffic;

/// <summary>A note that the generator may read or write. Only the holder of the write claim changes it.</summary>
internal sealed class TrackedNote(Guid id, int user, string key, long version)
{
    private int _claimed;
    private long _version = version;
    private volatile bool _deleteTried;

    public Guid Id => id;

    public int User => user;

    /// <summary>Idempotency key of its creation.</summary>
    public string Key => key;

    /// <summary>Place in the book, for removal without a search; guarded by the book.</summary>
    public int Index { get; set; }

    /// <summary>Last version this client was told by the platform.</summary>
    public long Version
    {
        get => Volatile.Read(ref _version);
        set => Volatile.Write(ref _version, value);
    }

    /// <summary>The outcome of the last write is unknown: the note is read again before the next one.</summary>
    public bool MustReread { get; set; }

    /// <summary>A write with unknown outcome may have won, or still win: until the next one is acknowledged, a conflict is nobody's fault.</summary>
    public bool ConflictPossible { get; set; }

    /// <summary>From now on, "not found" is a right answer.</summary>
    public bool DeleteTried
    {
        get => _deleteTried;
        set => _deleteTried = value;
    }

    /// <summary>One outstanding write at a time: with two, nobody could say which version the platform owes us.</summary>
    public bool TryClaim() => Interlocked.CompareExchange(ref _claimed, 1, 0) == 0;

    public void Release() => Volatile.Write(ref _claimed, 0);
}

/// <summary>The notes that requests choose from, by user. Bounded: a full book forgets a note for each new one (the ledger does not forget it).</summary>
internal sealed class NoteBook
{
    /// <summary>Of all users together: a few MB.</summary>
    private const int Capacity = 20_000;

    private readonly List<TrackedNote>[] _byUser;
    private readonly int _capacityPerUser;

    public NoteBook(int users)
    {
        _byUser = new List<TrackedNote>[users];
        for (int i = 0; i < users; i++)
        {
            _byUser[i] = [];
        }

        _capacityPerUser = Math.Max(1, Capacity / users);
    }

    public void Add(TrackedNote note, ulong draw)
    {
        var notes = _byUser[note.User];
        lock (notes)
        {
            if (notes.Count >= _capacityPerUser)
            {
                note.Index = IndexFor(draw, notes.Count);
                notes[note.Index].Index = -1;
                notes[note.Index] = note;
                return;
            }

            note.Index = notes.Count;
            notes.Add(note);
        }
    }

    public TrackedNote? Pick(int user, ulong draw)
    {
        var notes = _byUser[user];
        lock (notes)
        {
            return notes.Count == 0 ? null : notes[IndexFor(draw, notes.Count)];
        }
    }

    /// <summary>A note that nobody is writing, claimed for the caller; null when the first few tried are all taken.</summary>
    public TrackedNote? Claim(int user, ulong draw)
    {
        const int Tries = 8;

        var notes = _byUser[user];
        lock (notes)
        {
            int first = notes.Count == 0 ? 0 : IndexFor(draw, notes.Count);
            for (int i = 0; i < Math.Min(Tries, notes.Count); i++)
            {
                var note = notes[(first + i) % notes.Count];
                if (note.TryClaim())
                {
                    return note;
                }
            }

            return null;
        }
    }

    public void Remove(TrackedNote note)
    {
        var notes = _byUser[note.User];
        lock (notes)
        {
            if (note.Index < 0)
            {
                return;
            }

            var last = notes[^1];
            notes[note.Index] = last;
            last.Index = note.Index;
            notes.RemoveAt(notes.Count - 1);
            note.Index = -1;
        }
    }

    private static int IndexFor(ulong draw, int count) => (int)(draw % (ulong)count);
}
