namespace Back2Code.Lab.Traffic.Verification;

/// <summary>Turns what was seen into findings. Pure: no request is made here, and the same is said in the same order every time.</summary>
internal sealed class Judgement
{
    private const int DetailsKept = 20;

    private readonly List<Finding> _details = [];
    private int _lost;
    private int _duplicated;
    private int _stale;
    private int _unreadable;

    public static LedgerVerdict Of(ExpectedState state, ReadBack seen, TimeSpan elapsed)
    {
        var judgement = new Judgement();
        foreach (var note in state.Notes.Values)
        {
            judgement.Note(note, state, seen);
        }

        foreach (var write in state.Acknowledged.Where(w => !w.EventSeen))
        {
            if (seen.InboxesRead.ContainsKey(write.Note.User))
            {
                judgement.Lost(write, $"Its event {write.EventType} is not in the owner's inbox.");
            }
            else
            {
                judgement.Unreadable(write, $"The inbox could not be read by the deadline ({seen.LastTrouble}).");
            }
        }

        judgement.Twins(state, seen);
        judgement.Unseen(state, seen);
        return new LedgerVerdict
        {
            Acknowledged = state.Acknowledged.Count,
            Verified = state.Acknowledged.Count(w => !w.Blamed),
            Lost = judgement._lost,
            Duplicated = judgement._duplicated,
            Stale = judgement._stale,
            Unreadable = judgement._unreadable,
            LedgerComplete = state.Complete,
            Seconds = Math.Round(elapsed.TotalSeconds, 3),
            Details = judgement._details,
        };
    }

    /// <summary>The state of a note is the doing of its last acknowledged write; that one is blamed.</summary>
    private void Note(ExpectedNote note, ExpectedState state, ReadBack seen)
    {
        var last = note.Acknowledged[^1];
        switch (note.Check?.Fault)
        {
            case null:
                Unreadable(last, $"The note could not be read by the deadline ({seen.LastTrouble}).");
                return;
            case NoteFault.Missing:
                Lost(last, "The note is not found.");
                return;
            case NoteFault.StillThere:
                Stale(last, "The note was deleted and can still be read.");
                return;
            case NoteFault.OldVersion:
                Stale(last, $"A read shows version {note.Check.Version}; version {note.Version} was acknowledged.");
                return;
            case NoteFault.OtherContent:
                Stale(last, $"A read shows version {note.Check.Version} with other content than was acknowledged.");
                return;
            case NoteFault.BeyondAnyWrite when state.Complete:
                Duplicated(last, $"A read shows version {note.Check.Version}, or a content, that no write accounts for; version {note.Version} was acknowledged last.");
                return;
        }

        if (!note.ListedRightly)
        {
            switch (note.Listed)
            {
                case null:
                    Unreadable(last, $"The owner's list could not be read by the deadline ({seen.LastTrouble}).");
                    break;
                case true:
                    Stale(last, "The note was deleted and is still in its owner's list.");
                    break;
                case false:
                    Lost(last, "The note can be read and is missing in its owner's list.");
                    break;
            }
        }
    }

    private void Twins(ExpectedState state, ReadBack seen)
    {
        var creations = state.Acknowledged.Where(w => w.EventType == "note.created").ToLookup(w => w.Note.Id);
        foreach (var (key, user) in state.CreationKeys)
        {
            if (!seen.NotesByKey.TryGetValue(key, out var notes) || notes.Count < 2)
            {
                continue;
            }

            var write = notes.Keys.Order().SelectMany(id => creations[id]).FirstOrDefault();
            Duplicated(write, user, write?.Note.Id, 1, $"Idempotency key {key} made {notes.Count} notes.", notes.Count - 1);
        }

        // Notifications of other runs in the same inbox are not this ledger's business; those of its unanswered creations are.
        var ours = state.Notes.Values.ToDictionary(n => n.Id, n => n.User);
        foreach (string key in state.CreationKeys.Keys)
        {
            foreach (var note in seen.NotesByKey.TryGetValue(key, out var notes) ? notes.Keys : [])
            {
                ours.TryAdd(note, state.CreationKeys[key]);
            }
        }

        var writes = state.Acknowledged.ToLookup(EventKey.Of);
        foreach (var (key, notifications) in seen.Notifications.Where(n => n.Value.Count > 1).OrderBy(n => n.Key.NoteId).ThenBy(n => n.Key.Version).ThenBy(n => n.Key.Type, StringComparer.Ordinal))
        {
            if (ours.TryGetValue(key.NoteId, out string? user))
            {
                Duplicated(writes[key].FirstOrDefault(), user, key.NoteId, key.Version, $"Its event {key.Type} is in the inbox {notifications.Count} times.", notifications.Count - 1);
            }
        }
    }

    /// <summary>Everything was found once, but who did not answer a second time may hold twins that came late.</summary>
    private void Unseen(ExpectedState state, ReadBack seen)
    {
        foreach (string user in state.AllRight ? state.Users.Where(u => !seen.LookedAgain.ContainsKey(u)) : [])
        {
            _unreadable++;
            Detail("unreadable", null, user, null, null, $"The list and the inbox could not be read again by the deadline ({seen.LastTrouble}): a late twin would not have been seen.");
        }
    }

    private void Unreadable(ExpectedWrite write, string text)
    {
        _unreadable++;
        Detail("unreadable", write, write.Note.User, write.Note.Id, write.Version, text);
    }

    private void Lost(ExpectedWrite write, string text)
    {
        _lost++;
        Detail("lost", write, write.Note.User, write.Note.Id, write.Version, text);
    }

    private void Stale(ExpectedWrite write, string text)
    {
        _stale++;
        Detail("stale", write, write.Note.User, write.Note.Id, write.Version, text);
    }

    private void Duplicated(ExpectedWrite write, string text) => Duplicated(write, write.Note.User, write.Note.Id, write.Version, text, 1);

    /// <param name="extra">How many more there are than there should be.</param>
    private void Duplicated(ExpectedWrite? write, string user, Guid? noteId, long? version, string text, int extra)
    {
        _duplicated += extra;
        Detail("duplicated", write, user, noteId, version, text);
    }

    private void Detail(string kind, ExpectedWrite? write, string user, Guid? noteId, long? version, string text)
    {
        if (write is not null)
        {
            write.Blamed = true;
        }

        if (_details.Count < DetailsKept)
        {
            _details.Add(new Finding(kind, user, noteId, version, text));
        }
    }
}
