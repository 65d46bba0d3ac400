using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Authentication;

/// <summary>
/// Remembers validated tokens by the SHA-256 of their text, until they expire or the keys change. Only good tokens enter, so
/// nobody without a key can fill it. Two generations bound it: when the young one is full it becomes the old one, and what was
/// only in the old one is forgotten. Thread-safe.
/// </summary>
internal sealed class TokenCache(int capacity, TimeProvider time)
{
    private readonly int _generationSize = Math.Max(1, capacity / 2);
    private ConcurrentDictionary<Digest, Entry> _young = new();
    private ConcurrentDictionary<Digest, Entry> _old = new();

    public ClaimsIdentity? Find(string token, KeySet keys)
    {
        if (capacity == 0)
        {
            return null;
        }

        var digest = Digest.Of(token);
        var inYoung = _young.TryGetValue(digest, out var entry);
        if (!inYoung && !_old.TryGetValue(digest, out entry))
        {
            return null;
        }

        if (!ReferenceEquals(entry!.Keys, keys) || time.GetUtcNow() >= entry.GoodUntil)
        {
            _young.TryRemove(digest, out _);
            _old.TryRemove(digest, out _);
            return null;
        }

        if (!inYoung)
        {
            Put(digest, entry);
        }

        return entry.Identity;
    }

    public void Add(string token, KeySet keys, TokenVerdict.Accepted accepted)
    {
        if (capacity > 0)
        {
            Put(Digest.Of(token), new Entry(accepted.Identity, accepted.GoodUntil, keys));
        }
    }

    internal int Count => _young.Count + _old.Count;

    private void Put(Digest digest, Entry entry)
    {
        var target = _young;
        target[digest] = entry;
        if (target.Count > _generationSize)
        {
            // Losing a race here only forgets a generation early; each token is then validated once more.
            var next = new ConcurrentDictionary<Digest, Entry>();
            if (Interlocked.CompareExchange(ref _young, next, target) == target)
            {
                _old = target;
            }
        }
    }

    private sealed record Entry(ClaimsIdentity Identity, DateTimeOffset GoodUntil, KeySet Keys);

    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            // At most TokenValidator.MaxTokenChars; a buffer of that size for every token would have to be cleared each time.
            Span<byte> ascii = stackalloc byte[token.Length];
            // Only tokens that decoded as base64url are ever added, so a lossy encoding of other characters finds nothing.
            var length = Encoding.ASCII.GetBytes(token, ascii);
            SHA256.HashData(ascii[..length], hash);
            return new Digest(
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash),
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
