using System.Buffers.Binary;
using System.Buffers.Text;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Where a page of the list ended: opaque to clients, so that its content may change.</summary>
internal sealed record IncidentCursor(DateTimeOffset OpenedAt, Guid Id) : IComparable<IncidentCursor>
{
    private const int Length = 24;

    public static IncidentCursor Of(Incident incident) => new(incident.OpenedAt, incident.Id);

    public static bool TryParse(string text, out IncidentCursor? cursor)
    {
        cursor = null;
        if (text.Length != 32 || !Base64Url.IsValid(text, out int length) || length != Length)
        {
            return false;
        }

        byte[] bytes = Base64Url.DecodeFromChars(text);
        long ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        cursor = new IncidentCursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes.AsSpan(8), bigEndian: true));
        return true;
    }

    /// <summary>The order of the list reversed: a greater one comes first. PostgreSQL compares uuids byte by byte, as big-endian numbers.</summary>
    public int CompareTo(IncidentCursor? other)
    {
        if (other is null)
        {
            return 1;
        }

        int byTime = OpenedAt.CompareTo(other.OpenedAt);
        return byTime != 0 ? byTime : Bytes(Id).AsSpan().SequenceCompareTo(Bytes(other.Id));
    }

    public override string ToString()
    {
        byte[] bytes = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, OpenedAt.UtcTicks);
        Id.TryWriteBytes(bytes.AsSpan(8), bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);
}
