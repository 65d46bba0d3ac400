using System.Buffers;

namespace Back2Code.Chaos.Proxy;

/// <summary>Bytes on their way through toxics, in a pooled buffer. Exactly one holder at a time: whoever takes it passes it on or disposes of it.</summary>
internal readonly struct Chunk : IDisposable
{
    private readonly byte[] _buffer;

    private Chunk(byte[] buffer, int length, long arrivedAt)
    {
        _buffer = buffer;
        Length = length;
        ArrivedAt = arrivedAt;
    }

    public int Length { get; }

    /// <summary>Timestamp (of the proxy's <see cref="TimeProvider"/>) at which the chunk reached the toxic that now has it.</summary>
    public long ArrivedAt { get; }

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    public static Chunk CopyOf(ReadOnlySpan<byte> bytes, long arrivedAt)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        return new Chunk(buffer, bytes.Length, arrivedAt);
    }

    public Chunk ArrivedNow(long timestamp) => new(_buffer, Length, timestamp);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
