using System.Collections.Concurrent;
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
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Guid, byte>> _notesByKey = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<EventKey, ConcurrentDictionary<string, byte>> _notifications = new();
    private readonly DateTimeOffset _since = state.StartedAt - ClockTolerance;

    /// <summary>Notes in lists, by the idempotency key of their creation.</summary>
    public IReadOnlyDictionary<string, ConcurrentDictionary<Guid, byte>> NotesByKey => _notesByKey;

    /// <summary>Ids of the notifications of each event.</summary>
    public IReadOnlyDictionary<EventKey, ConcurrentDictionary<string, byte>> Notifications => _notifications;

    /// <summary>The last answer that was no use, for the report.</summary>
    public string LastTrouble { get; private set; } = "no answer";

    /// <summary>Users whose inbox could be read to its end at least once.</summary>
    public ConcurrentDictionary<string, byte> InboxesRead { get; } = new(StringComparer.Ordinal);

    public bool Complete => state.Notes.Values.All(IsRight) && state.Acknowledged.All(w => w.EventSeen);

    public async Task GatherMissingAsync(CancellationToken cancellationToken)
    {
        await ForEachAsync(state.Notes.Values.Where(n => n.Check?.Fault != NoteFault.None), ReadAsync, cancellationToken);
        await ForEachAsync(state.Users.Where(u => !_notesByUser[u].All(n => n.ListedRightly)), WalkListAsync, cancellationToken);
        await ForEachAsync(state.Users.Where(u => !_writesByUser[u].All(w => w.EventSeen)), WalkInboxAsync, cancellationToken);
    }

    /// <summary>Once more from the top: a late twin changes nothing that was missing, so nothing else would look for it.</summary>
    public async Task WalkAgainAsync(CancellationToken cancellationToken)
    {
        await ForEachAsync(state.Users, WalkListAsync, cancellationToken);
        await ForEachAsync(state.Users, WalkInboxAsync, cancellationToken);
    }

    private static bool IsRight(ExpectedNote note) => note.Check?.Fault == NoteFault.None && note.ListedRightly;

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
            note.Check = note.JudgeMissing();
        }
        else if (answer.Status == HttpStatusCode.OK && answer.Read(WireJson.Default.NoteView) is { } view && view.Id == note.Id)
        {
            note.Check = note.Judge(view.Version, NoteContent.Fingerprint(view.Title, view.Body));
        }
        else
        {
            LastTrouble = $"GET note: {answer.Outcome}";
        }
    }

    private async Task WalkListAsync(string user, CancellationToken cancellationToken)
    {
        var seen = new HashSet<Guid>();
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            var answer = await gateway.SendAsync(Page("/v1/notes?limit=200", cursor, user), cancellationToken);
            if (answer.Status != HttpStatusCode.OK || answer.Read(WireJson.Default.NotePage) is not { Items: { } items } read)
            {
                LastTrouble = $"GET notes: {answer.Outcome}";
                return;
            }

            foreach (var note in items)
            {
                seen.Add(note.Id);
                if (NoteContent.KeyOf(note.Title) is string key)
                {
                    _notesByKey.GetOrAdd(key, _ => new ConcurrentDictionary<Guid, byte>()).TryAdd(note.Id, 0);
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
    }

    private async Task WalkInboxAsync(string user, CancellationToken cancellationToken)
    {
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            var answer = await gateway.SendAsync(Page("/v1/notifications?limit=500", cursor, user), cancellationToken);
            if (answer.Status != HttpStatusCode.OK || answer.Read(WireJson.Default.NotificationPage) is not { Items: { } items } read)
            {
                LastTrouble = $"GET notifications: {answer.Outcome}";
                return;
            }

            foreach (var notification in items)
            {
                string id = notification.Id.ToString();
                _notifications.GetOrAdd(EventKey.Of(notification), _ => new ConcurrentDictionary<string, byte>(StringComparer.Ordinal)).TryAdd(id, 0);
            }

            cursor = read.Next;
            if (cursor is null || items.Count == 0 || items[^1].CreatedAt < _since)
            {
                break;
            }
        }

        InboxesRead.TryAdd(user, 0);
        foreach (var write in _writesByUser[user])
        {
            write.EventSeen |= _notifications.ContainsKey(EventKey.Of(write));
        }
    }

    private Call Page(string path, string? cursor, string user) =>
        new(HttpMethod.Get, cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}", options.Tokens[user]);
}
