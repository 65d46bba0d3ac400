using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity.Audit;

/// <summary>
/// The hash of a row: SHA-256 over a canonical encoding of all that it says, the hash of the row before and its place in the chain.
/// The trigger <c>audit_chain</c> of migration 0100 computes it when a row is written; this is the same a second time, to verify.
/// </summary>
internal static class AuditChain
{
    private static ReadOnlySpan<byte> Domain => "back2code.audit.record.1"u8;

    /// <summary>What stands before the first row.</summary>
    public static byte[] Genesis { get; } = new byte[SHA256.HashSizeInBytes];

    /// <param name="record">The row; its own <see cref="StoredRecord.Hash"/> is not looked at.</param>
    /// <param name="sequence">The place to assume: the row's own, or another to find out whether it was moved.</param>
    public static byte[] HashOf(StoredRecord record, long sequence)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        bytes.Write(Domain);
        bytes.Write(record.PreviousHash);
        Write(bytes, sequence);
        Write(bytes, record.EventId.ToString());
        Write(bytes, record.Source);
        Write(bytes, Microseconds(record.Time));
        Write(bytes, record.Subject);
        Write(bytes, record.Client);
        Write(bytes, record.Address);
        Write(bytes, record.Action);
        Write(bytes, record.Target);
        Write(bytes, record.Outcome);
        Write(bytes, record.Reason);
        Write(bytes, record.TraceId);
        WriteLength(bytes, record.Count);
        return SHA256.HashData(bytes.WrittenSpan);
    }

    /// <summary>Since 1970, as PostgreSQL keeps times.</summary>
    internal static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Length, then UTF-8: no text can look like two fields.</summary>
    private static void Write(ArrayBufferWriter<byte> bytes, string? text)
    {
        if (text is null)
        {
            WriteLength(bytes, -1);
            return;
        }

        WriteLength(bytes, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, bytes);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(sizeof(long)), number);
        bytes.Advance(sizeof(long));
    }

    private static void WriteLength(ArrayBufferWriter<byte> bytes, int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes.GetSpan(sizeof(int)), number);
        bytes.Advance(sizeof(int));
    }
}
