using System.Buffers;
using System.Buffers.Text;

namespace Back2Code.Data;

/// <summary>Writes commands as RESP arrays of bulk strings.</summary>
internal static class RespWriter
{
    /// <summary>Upper bound of a command's size on the wire.</summary>
    public static long SizeOf(ReadOnlySpan<RedisArgument> command)
    {
        // "*" or "$", up to ten digits, "\r\n", and "\r\n" after each word.
        long size = 13;
        foreach (var argument in command)
        {
            size += 15L + argument.Bytes.Length;
        }

        return size;
    }

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<RedisArgument> command)
    {
        WriteHeader(output, (byte)'*', command.Length);
        foreach (var argument in command)
        {
            WriteHeader(output, (byte)'$', argument.Bytes.Length);
            output.Write(argument.Bytes.Span);
            output.Write("\r\n"u8);
        }
    }

    private static void WriteHeader(IBufferWriter<byte> output, byte type, int length)
    {
        var span = output.GetSpan(13);
        span[0] = type;
        Utf8Formatter.TryFormat(length, span[1..], out int digits);
        span[1 + digits] = (byte)'\r';
        span[2 + digits] = (byte)'\n';
        output.Advance(3 + digits);
    }
}
