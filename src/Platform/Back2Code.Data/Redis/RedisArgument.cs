using System.Globalization;
using System.Text;

namespace Back2Code.Data;

/// <summary>One word of a command: text (as UTF-8), bytes or a number. The bytes must not change until the command completes.</summary>
public readonly struct RedisArgument
{
    private RedisArgument(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Text as UTF-8.</summary>
    public static implicit operator RedisArgument(string text) => FromString(text);

    /// <summary>Bytes as they are.</summary>
    public static implicit operator RedisArgument(byte[] bytes) => new(bytes);

    /// <summary>Bytes as they are.</summary>
    public static implicit operator RedisArgument(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>A number in decimal digits.</summary>
    public static implicit operator RedisArgument(long number) => FromInt64(number);

    /// <summary>Text as UTF-8.</summary>
    public static RedisArgument FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A number in decimal digits.</summary>
    public static RedisArgument FromInt64(long number) => FromString(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Bytes as they are.</summary>
    public static RedisArgument FromBytes(ReadOnlyMemory<byte> bytes) => new(bytes);
}
