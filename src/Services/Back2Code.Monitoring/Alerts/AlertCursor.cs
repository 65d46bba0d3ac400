using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Back2Code.Monitoring.Alerts;

/// <summary>Where a page of the history ended: opaque to clients, so that its content may change.</summary>
internal sealed record AlertCursor(DateTimeOffset StartsAt, string Fingerprint) : IComparable<AlertCursor>
{
    private const int LongestFingerprint = 64;

    public static bool TryParse(string text, out AlertCursor? cursor)
    {
        cursor = null;
        if (text.Length > 100 || !Base64Url.IsValid(text, out int length) || length is <= sizeof(long) or > sizeof(long) + LongestFingerprint)
        {
            return false;
        }

        byte[] bytes = Base64Url.DecodeFromChars(text);
        long ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        string fingerprint = Encoding.Latin1.GetString(bytes.AsSpan(sizeof(long)));
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks || !fingerprint.All(char.IsAsciiLetterOrDigit))
        {
            return false;
        }

        cursor = new AlertCursor(new DateTimeOffset(ticks, TimeSpan.Zero), fingerprint);
        return true;
    }

    /// <summary>The order of the list reversed: a greater one comes first. Fingerprints are ASCII, so PostgreSQL's "C" collation compares them alike.</summary>
    public int CompareTo(AlertCursor? other)
    {
        if (other is null)
        {
            return 1;
        }

        int byTime = StartsAt.CompareTo(other.StartsAt);
        return byTime != 0 ? byTime : string.CompareOrdinal(Fingerprint, other.Fingerprint);
    }

    public override string ToString()
    {
        byte[] bytes = new byte[sizeof(long) + Fingerprint.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, StartsAt.UtcTicks);
        Encoding.Latin1.GetBytes(Fingerprint, bytes.AsSpan(sizeof(long)));
        return Base64Url.EncodeToString(bytes);
    }
}
