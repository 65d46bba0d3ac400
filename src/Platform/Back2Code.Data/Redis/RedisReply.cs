using System.Globalization;
using System.Text;

namespace Back2Code.Data;

/// <summary>What a <see cref="RedisReply"/> holds.</summary>
public enum RedisReplyKind
{
    /// <summary>Nothing: <c>_</c>, or RESP2's <c>$-1</c> and <c>*-1</c>.</summary>
    Null,

    /// <summary>Text or bytes: simple, bulk or verbatim string, or a number too big for 64 bits.</summary>
    Text,

    /// <summary>A 64-bit integer.</summary>
    Number,

    /// <summary>A floating-point number.</summary>
    Real,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An error inside an aggregate; at the top level it is thrown as <see cref="RedisErrorException"/>.</summary>
    Error,

    /// <summary>An ordered list of replies.</summary>
    Array,

    /// <summary>Replies without order or repetition.</summary>
    Set,

    /// <summary>Keys and values in turn: twice as many items as entries.</summary>
    Map,

    /// <summary>A message that the server sent unasked.</summary>
    Push,
}

/// <summary>One reply in RESP3. Immutable, except that the bytes it hands out are its own.</summary>
public sealed class RedisReply
{
    private static readonly RedisReply[] NoItems = [];

    private readonly long _integer;
    private readonly double _double;
    private readonly byte[]? _bytes;

    private RedisReply(RedisReplyKind kind, long integer = 0, double number = 0, byte[]? bytes = null, IReadOnlyList<RedisReply>? items = null)
    {
        Kind = kind;
        _integer = integer;
        _double = number;
        _bytes = bytes;
        Items = items ?? NoItems;
    }

    /// <summary>What it holds.</summary>
    public RedisReplyKind Kind { get; }

    /// <summary>Whether it is the null reply.</summary>
    public bool IsNull => Kind == RedisReplyKind.Null;

    /// <summary>The items of an aggregate; empty for everything else.</summary>
    public IReadOnlyList<RedisReply> Items { get; }

    /// <summary>The bytes of a string or of an error.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public ReadOnlyMemory<byte> Bytes => _bytes ?? throw Mismatch("a string");

    internal static RedisReply Null { get; } = new(RedisReplyKind.Null);

    internal static RedisReply True { get; } = new(RedisReplyKind.Boolean, 1);

    internal static RedisReply False { get; } = new(RedisReplyKind.Boolean);

    /// <summary>An integer, or a boolean as 0 or 1, or a string that spells one.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public long AsInteger() => Kind switch
    {
        RedisReplyKind.Number or RedisReplyKind.Boolean => _integer,
        RedisReplyKind.Text when long.TryParse(_bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) => value,
        _ => throw Mismatch("an integer"),
    };

    /// <summary>A floating-point number, or an integer as one.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public double AsDouble() => Kind switch
    {
        RedisReplyKind.Real => _double,
        RedisReplyKind.Number => _integer,
        _ => throw Mismatch("a number"),
    };

    /// <summary>A string as UTF-8 text; null for the null reply.</summary>
    /// <exception cref="InvalidOperationException">It is neither.</exception>
    public string? AsString() => IsNull ? null : Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>For logs and debuggers.</summary>
    public override string ToString() => Kind switch
    {
        RedisReplyKind.Null => "(null)",
        RedisReplyKind.Text or RedisReplyKind.Error => Encoding.UTF8.GetString(_bytes!),
        RedisReplyKind.Number => _integer.ToString(CultureInfo.InvariantCulture),
        RedisReplyKind.Real => _double.ToString(CultureInfo.InvariantCulture),
        RedisReplyKind.Boolean => _integer == 1 ? "true" : "false",
        _ => $"{Kind} of {Items.Count}",
    };

    internal static RedisReply FromInteger(long value) => new(RedisReplyKind.Number, value);

    internal static RedisReply FromDouble(double value) => new(RedisReplyKind.Real, number: value);

    internal static RedisReply FromString(byte[] value) => new(RedisReplyKind.Text, bytes: value);

    internal static RedisReply FromError(byte[] value) => new(RedisReplyKind.Error, bytes: value);

    internal static RedisReply FromItems(RedisReplyKind kind, IReadOnlyList<RedisReply> items) => new(kind, items: items);

    private InvalidOperationException Mismatch(string wanted) => new($"The reply is {Kind}, not {wanted}.");
}
