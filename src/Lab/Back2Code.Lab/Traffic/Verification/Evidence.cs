using System.Net;

namespace Back2Code.Lab.Traffic.Verification;

/// <summary>Identity of an event as its receiver sees it. A note is deleted once, whatever version the platform gives its tombstone, so there the version is left out.</summary>
internal readonly record struct EventKey(Guid NoteId, string Type, long? Version)
{
    public static EventKey Of(NotificationView notification) => Of(notification.NoteId, notification.Type ?? "", notification.Version);

    public static EventKey Of(ExpectedWrite write) => Of(write.Note.Id, write.EventType, write.Version);

    private static EventKey Of(Guid noteId, string type, long? version) => new(noteId, type, type == "note.deleted" ? null : version);
}

/// <summary>What the platform shows, gathered in as many rounds as it takes. Each round asks only for what is not yet as it should be.</summary>
internal sealed class Evidence(ExpectedState state, GatewayClient gateway, VerificationOptions options)
{
    // Lists and inboxes are newest first; what is older than the ledger, by more than clocks differ, is somebody else's.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    // 500 × 10,000 notifications: no inbox of a drill is longer, and a cursor that leads nowhere ends.
    private const int MostPages = 10_000;

    private readonly ILookup<string, ExpectedNote> _notesByUser = state.Notes.Values.ToLookup(n => n.User, StringComparer.Ordinal);
    private readonly ILookup<string, ExpectedWrite> _writesByUser = state.Acknowledged.ToLookup(w => w.Note.User, StringComparer.Ordinal);
    private readonly DateTimeOffset _since = state.StartedAt - ClockTolerance;

    public ReadBack Seen { get; } = new();

    public bool Complete => state.AllRight;

    /// <summary>Acknowledged writes that are as they should be, so far.</summary>
    public int Confirmed => state.Acknowledged.Count(w => w.EventSeen && w.Note.IsRight);

    public async Task GatherMissingAsync(CancellationToken cancellationToken)
    {
        // Pages first: one of them speaks for hundreds of writes, a read for one note only.
        await ForEachAsync(state.Users.Where(u => !_notesByUser[u].All(n => n.ListedRightly)), WalkListAsync, cancellationToken);
        await ForEachAsync(state.Users.Where(u => !_writesByUser[u].All(w => w.EventSeen)), WalkInboxAsync, cancellationToken);
        await ForEachAsync(state.Notes.Values.Where(n => n.Check?.Fault != NoteFault.None), ReadAsync, cancellationToken);
    }

    /// <summary>Once more from the top: a late twin changes nothing that was missing, so nothing else would look for it.</summary>
    /// <returns>False when somebody's list or inbox could not be read; the next call tries only those.</returns>
    public async Task<bool> LookAgainAsync(CancellationToken cancellationToken)
    {
        await ForEachAsync(
            state.Users.Where(u => !Seen.LookedAgain.ContainsKey(u)),
            async (user, token) =>
            {
                if (await WalkListAsync(user, token) && await WalkInboxAsync(user, token))
                {
                    Seen.LookedAgain.TryAdd(user, 0);
                }
            },
            cancellationToken);
        return Seen.LookedAgain.Count == state.Users.Count;
    }

    private Task ForEachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            items.ToArray(),
            new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
            (item, token) => new ValueTask(action(item, token)));

    private async Task ReadAsync(ExpectedNote note, CancellationToken cancellationToken)
    {
        var answer = await gateway.SendAsync(new Call(HttpMethod.Get, $"/v1/notes/{note.Id}", options.Tokens[note.User]), cancellationToken);
        if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            note.Seen = new NoteSeen(Found: false, Version: null, Content: null);
        }
        else if (answer.Status == HttpStatusCode.OK && answer.Read(WireJson.Default.NoteView) is { } view && view.Id == note.Id)
        {
            note.Seen = new NoteSeen(Found: true, view.Version, NoteContent.Fingerprint(view.Title, view.Body));
        }
        else
        {
            // What an earlier answer showed may have been put right since: without an answer now, nothing is known.
            note.Seen = null;
            Seen.LastTrouble = $"GET note: {answer.Outcome}";
        }
    }

    private async Task<bool> WalkListAsync(string user, CancellationToken cancellationToken)
    {
        var seen = new HashSet<Guid>();
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            var answer = await gateway.SendAsync(Page("/v1/notes?limit=200", cursor, user), cancellationToken);
            if (answer.Status != HttpStatusCode.OK || answer.Read(WireJson.Default.NotePage) is not { Items: { } items } read)
            {
                Seen.LastTrouble = $"GET notes: {answer.Outcome}";
                foreach (var note in _notesByUser[user].Where(n => !n.ListedRightly))
                {
                    note.Listed = null;
                }

                return false;
            }

            foreach (var note in items)
            {
                seen.Add(note.Id);
                if (NoteContent.KeyOf(note.Title) is string key)
                {
                    Seen.Listed(key, note.Id);
                }
            }

            cursor = read.Next;
            if (cursor is null || items.Count == 0 || items[^1].CreatedAt < _since)
            {
                break;
            }
        }

        foreach (var note in _notesByUser[user])
        {
            note.Listed = seen.Contains(note.Id);
        }

        return true;
    }

    private async Task<bool> WalkInboxAsync(string user, CancellationToken cancellationToken)
    {
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            var answer = await gateway.SendAsync(Page("/v1/notifications?limit=500", cursor, user), cancellationToken);
            if (answer.Status != HttpStatusCode.OK || answer.Read(WireJson.Default.NotificationPage) is not { Items: { } items } read)
            {
                Seen.LastTrouble = $"GET notifications: {answer.Outcome}";
                Seen.InboxesRead.TryRemove(user, out _);
                MarkEvents(user);
                return false;
            }

            foreach (var notification in items)
            {
                Seen.Notified(EventKey.Of(notification), notification.Id.ToString());
            }

            cursor = read.Next;
            if (cursor is null || items.Count == 0 || items[^1].CreatedAt < _since)
            {
                break;
            }
        }

        Seen.InboxesRead.TryAdd(user, 0);
        MarkEvents(user);
        return true;
    }

    /// <summary>An event that was seen is there, also when the inbox could not be read to its end.</summary>
    private void MarkEvents(string user)
    {
        foreach (var write in _writesByUser[user])
        {
            write.EventSeen |= Seen.Notifications.ContainsKey(EventKey.Of(write));
        }
    }

    private Call Page(string path, string? cursor, string user) =>
        new(HttpMethod.Get, cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}", options.Tokens[user]);
}
