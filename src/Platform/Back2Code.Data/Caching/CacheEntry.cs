namespace Back2Code.Data;

internal enum CacheEntryKind
{
    /// <summary>Nothing is known.</summary>
    None,

    /// <summary>A value.</summary>
    Value,

    /// <summary>Removed at its version.</summary>
    Tombstone,

    /// <summary>Values before its version are outdated; the one at its version is not known.</summary>
    Invalidated,
}

/// <summary>What Redis holds for a key.</summary>
internal readonly record struct CacheEntry(CacheEntryKind Kind, long Version, TimeSpan Age, TimeSpan FreshFor, ReadOnlyMemory<byte> Data)
{
    public bool IsFresh => Age < FreshFor;

    /// <summary>Reads v, k, e, f, l, d and the life left from a script's reply. An entry of another epoch is as good as none.</summary>
    public static CacheEntry Parse(IReadOnlyList<RedisReply> reply, int offset, string? epoch)
    {
        if (reply.Count < offset + 7 || reply[offset].IsNull || (epoch is not null && reply[offset + 2].AsString() != epoch))
        {
            return default;
        }

        long life = reply[offset + 4].AsInteger();
        long left = reply[offset + 6].AsInteger();
        return new CacheEntry(
            reply[offset + 1].AsString() switch
            {
                "v" => CacheEntryKind.Value,
                "t" => CacheEntryKind.Tombstone,
                _ => CacheEntryKind.Invalidated,
            },
            reply[offset].AsInteger(),
            TimeSpan.FromMilliseconds(Math.Max(0, life - left)),
            TimeSpan.FromMilliseconds(reply[offset + 3].AsInteger()),
            reply[offset + 5].Bytes);
    }
}
