using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Claims;

namespace Back2Code.Authentication;

/// <summary>
/// Remembers validated tokens by their text, until they expire or the keys change. Only good tokens enter, so nobody without a key can fill it. Two
/// generations bound it: when the young one is full it becomes the old one, and what was only in the old one is forgotten. Thread-safe.
/// </summary>
internal sealed class TokenCache(int capacity, TimeProvider time)
{
    private readonly int _generationSize = Math.Max(1, capacity / 2);
    private ConcurrentDictionary<string, Entry> _young = new(ByToken.Instance);
    private ConcurrentDictionary<string, Entry> _old = new(ByToken.Instance);

    public ClaimsIdentity? Find(string token, KeySet keys)
    {
        if (capacity == 0)
        {
            return null;
        }

        var inYoung = _young.TryGetValue(token, out var entry);
        if (!inYoung && !_old.TryGetValue(token, out entry))
        {
            return null;
        }

        if (!ReferenceEquals(entry!.Keys, keys) || time.GetUtcNow() >= entry.Accepted.GoodUntil)
        {
            _young.TryRemove(token, out _);
            _old.TryRemove(token, out _);
            return null;
        }

        if (!inYoung)
        {
            Put(token, entry);
        }

        return entry.Accepted.Identity;
    }

    public void Add(string token, KeySet keys, TokenVerdict.Accepted accepted)
    {
        if (capacity > 0)
        {
            Put(token, new Entry(accepted, keys));
        }
    }

    internal int Count => _young.Count + _old.Count;

    private void Put(string token, Entry entry)
    {
        var target = _young;
        target[token] = entry;
        if (target.Count > _generationSize)
        {
            // Losing a race here only forgets a generation early; each token is then validated once more.
            // As large as this one: it is going to be, and growing costs each token a part of it.
            var next = new ConcurrentDictionary<string, Entry>(Environment.ProcessorCount, _generationSize, ByToken.Instance);
            if (Interlocked.CompareExchange(ref _young, next, target) == target)
            {
                _old = target;
            }
        }
    }

    private sealed record Entry(TokenVerdict.Accepted Accepted, KeySet Keys);

    /// <summary>
    /// By the end of the text, which is the signature: to hash all of it would cost more than everything else here. Hashes are randomized by process, and
    /// who has no good signature finds no entry to compare with.
    /// </summary>
    private sealed class ByToken : IEqualityComparer<string>
    {
        /// <summary>Six bits each: far more than the hash has.</summary>
        private const int HashedChars = 16;

        public static readonly ByToken Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string obj)
        {
            if (obj.Length < HashedChars)
            {
                return string.GetHashCode(obj, StringComparison.Ordinal);
            }

            var words = MemoryMarshal.Cast<char, ulong>(obj.AsSpan(obj.Length - HashedChars));
            return HashCode.Combine(words[0], words[1], words[2], words[3]);
        }
    }
}
