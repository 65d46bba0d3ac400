using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace Back2Code.Identity.Audit;

/// <summary>What was true of the chain at a time: its row <paramref name="Sequence"/> had this hash. Signed over the checkpoint before it, too.</summary>
internal sealed record Checkpoint(long Number, long Sequence, byte[] Hash, DateTimeOffset Time, string KeyId, byte[] Signature)
{
    public const string Columns = "number, sequence, hash, time, key_id, signature";

    private static ReadOnlySpan<byte> Domain => "back2code.audit.checkpoint.1"u8;

    public static Checkpoint From(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<DateTimeOffset>(3), row.GetString(4), row.GetFieldValue<byte[]>(5));

    /// <summary>What the signature is of.</summary>
    /// <param name="previous">The checkpoint before, null for the first.</param>
    public byte[] SignedBytes(Checkpoint? previous)
    {
        byte[] keyId = Encoding.UTF8.GetBytes(KeyId);
        byte[] numbers = new byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(numbers, Number);
        BinaryPrimitives.WriteInt64BigEndian(numbers.AsSpan(sizeof(long)), Sequence);
        BinaryPrimitives.WriteInt64BigEndian(numbers.AsSpan(2 * sizeof(long)), AuditChain.Microseconds(Time));

        // Every part but the key's name, which comes last, has a fixed length.
        return [.. Domain, .. previous?.Signature ?? new byte[64], .. numbers, .. Hash, .. keyId];
    }
}
