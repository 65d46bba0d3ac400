using System.Buffers.Binary;

namespace Back2Code.Chaos.Experiments.Identity;

/// <summary>
/// BLAKE2b without a key (RFC 7693), which .NET does not have. For naming things, not for secrets. Pure and thread-safe.
/// </summary>
internal static class Blake2b
{
    private const int BlockBytes = 128;
    private const int Rounds = 12;

    /// <summary>Fractions of the square roots of the first eight primes, as SHA-512 begins.</summary>
    private static readonly ulong[] Start =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    /// <summary>In which order a round takes the words of a block; rounds 10 and 11 are 0 and 1 again.</summary>
    private static readonly byte[][] Order =
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ];

    /// <param name="data">Any length; 2 GiB at most, being a span.</param>
    /// <param name="digestBytes">1 to 64. A shorter digest is not the beginning of a longer one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such digest.</exception>
    public static byte[] Hash(ReadOnlySpan<byte> data, int digestBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digestBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digestBytes, 64);

        ulong[] state = [.. Start];
        state[0] ^= 0x01010000 ^ (uint)digestBytes;
        Span<byte> last = stackalloc byte[BlockBytes];
        last.Clear();
        ulong done = 0;

        // The last block is special even when it is full, so a full one is only taken while more follows.
        while (data.Length > BlockBytes)
        {
            done += BlockBytes;
            Compress(state, data[..BlockBytes], done, isLast: false);
            data = data[BlockBytes..];
        }

        data.CopyTo(last);
        Compress(state, last, done + (ulong)data.Length, isLast: true);

        Span<byte> digest = stackalloc byte[64];
        for (var i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(8 * i)..], state[i]);
        }

        return digest[..digestBytes].ToArray();
    }

    private static void Compress(ulong[] state, ReadOnlySpan<byte> block, ulong bytesSoFar, bool isLast)
    {
        Span<ulong> m = stackalloc ulong[16];
        for (var i = 0; i < m.Length; i++)
        {
            m[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }

        Span<ulong> v = [.. state, .. Start];
        v[12] ^= bytesSoFar;
        if (isLast)
        {
            v[14] = ~v[14];
        }

        for (var round = 0; round < Rounds; round++)
        {
            var s = Order[round % Order.Length];
            Mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
            Mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
            Mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
            Mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
            Mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
            Mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
            Mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
            Mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
        }

        for (var i = 0; i < state.Length; i++)
        {
            state[i] ^= v[i] ^ v[i + 8];
        }
    }

    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ulong x, ulong y)
    {
        v[a] = v[a] + v[b] + x;
        v[d] = ulong.RotateRight(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = ulong.RotateRight(v[b] ^ v[c], 24);
        v[a] = v[a] + v[b] + y;
        v[d] = ulong.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = ulong.RotateRight(v[b] ^ v[c], 63);
    }
}
