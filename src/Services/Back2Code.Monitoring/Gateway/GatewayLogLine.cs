using System.Buffers.Text;
using System.Text;

namespace Back2Code.Monitoring.Gateway;

/// <summary>
/// One request as HAProxy logs it: <c>b2c backend=notes server=notes-1 method=GET status=200 total_ms=3 … path=/v1/notes</c>, behind a syslog header.
/// Read in place: the parts that are used are numbers and a few known words, so a line costs no allocation.
/// </summary>
internal readonly ref struct GatewayLogLine
{
    private static ReadOnlySpan<byte> Marker => "b2c "u8;

    public ReadOnlySpan<byte> Backend { get; private init; }

    public ReadOnlySpan<byte> Method { get; private init; }

    /// <summary>100 to 599, or -1: no answer was sent.</summary>
    public int Status { get; private init; }

    /// <summary>From the first byte of the request to the last of the answer.</summary>
    public int TotalMilliseconds { get; private init; }

    /// <summary>Reads the fields in any order; unknown ones are skipped, so that the gateway may log more. The path is last because it may hold anything.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out GatewayLogLine line)
    {
        line = default;
        int start = datagram.IndexOf(Marker);
        if (start < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = datagram[(start + Marker.Length)..];
        ReadOnlySpan<byte> backend = default, method = default;
        int status = 0, total = -1;
        bool hasStatus = false;
        while (!rest.IsEmpty)
        {
            int space = rest.IndexOf((byte)' ');
            ReadOnlySpan<byte> field = space < 0 ? rest : rest[..space];
            rest = space < 0 ? default : rest[(space + 1)..];
            int equals = field.IndexOf((byte)'=');
            if (equals < 0)
            {
                continue;
            }

            ReadOnlySpan<byte> value = field[(equals + 1)..];
            switch (field[..equals])
            {
                case var name when name.SequenceEqual("backend"u8):
                    backend = value;
                    break;
                case var name when name.SequenceEqual("method"u8):
                    method = value;
                    break;
                case var name when name.SequenceEqual("status"u8):
                    hasStatus = TryInteger(value, out status);
                    break;
                case var name when name.SequenceEqual("total_ms"u8):
                    // HAProxy writes a plus sign before a total that is not final (option logasap).
                    _ = TryInteger(value is [(byte)'+', ..] ? value[1..] : value, out total);
                    break;
                case var name when name.SequenceEqual("path"u8):
                    rest = default;
                    break;
            }
        }

        if (backend.IsEmpty || method.IsEmpty || !hasStatus || total < 0 || status is not (-1 or (>= 100 and <= 599)))
        {
            return false;
        }

        line = new GatewayLogLine { Backend = backend, Method = method, Status = status, TotalMilliseconds = total };
        return true;
    }

    public override string ToString() => $"{Encoding.UTF8.GetString(Backend)} {Encoding.UTF8.GetString(Method)} {Status} {TotalMilliseconds} ms";

    private static bool TryInteger(ReadOnlySpan<byte> text, out int value)
    {
        if (Utf8Parser.TryParse(text, out value, out int consumed) && consumed == text.Length)
        {
            return true;
        }

        value = -1;
        return false;
    }
}
