using System.Collections.Concurrent;

namespace Back2Code.Lab.Traffic.Verification;

/// <summary>What the platform showed when the ledger's writes were asked for. With the ledger it is all that a verdict needs, so it can be kept and judged again.</summary>
internal sealed class ReadBack
{
    /// <summary>Notes in lists, by the idempotency key of their creation.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<Guid, byte>> NotesByKey { get; } = new(StringComparer.Ordinal);

    /// <summary>Ids of the notifications of each event.</summary>
    public ConcurrentDictionary<EventKey, ConcurrentDictionary<string, byte>> Notifications { get; } = new();

    /// <summary>Users whose inbox could be read to its end, the last time it was tried.</summary>
    public ConcurrentDictionary<string, byte> InboxesRead { get; } = new(StringComparer.Ordinal);

    /// <summary>Users whose list and inbox were read once more after everything had been found.</summary>
    public ConcurrentDictionary<string, byte> LookedAgain { get; } = new(StringComparer.Ordinal);

    /// <summary>The last answer that was no use, for the report.</summary>
    public string LastTrouble { get; set; } = "it was not asked in time";

    public void Listed(string key, Guid note) => NotesByKey.GetOrAdd(key, static _ => new ConcurrentDictionary<Guid, byte>()).TryAdd(note, 0);

    public void Notified(EventKey key, string notification) =>
        Notifications.GetOrAdd(key, static _ => new ConcurrentDictionary<string, byte>(StringComparer.Ordinal)).TryAdd(notification, 0);
}

/// <summary>What the last answered read of a note showed.</summary>
/// <param name="Content">Fingerprint of title and body.</param>
internal sealed record NoteSeen(bool Found, long? Version, string? Content);
