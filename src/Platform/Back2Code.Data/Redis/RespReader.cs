using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Back2Code.Data;

/// <summary>
/// Reads RESP3 replies (https://github.com/redis/redis-specifications, RESP3) from a stream: every type, streamed strings and
/// aggregates included, within limits on size and depth. Not thread-safe; one reader per connection.
/// </summary>
internal sealed class RespReader(Stream stream, int maxReplyBytes, int maxDepth, int bufferBytes = 16 * 1024)
{
    /// <summary>Longest line: a type byte with a number, a simple string, or an error text. Redis itself allows 64 KiB inline.</summary>
    private const int MaxLineBytes = 64 * 1024;

    private byte[] _buffer = new byte[bufferBytes];
    private int _start;
    private int _end;
    private int _left;

    /// <summary>The next reply; pushes are returned like replies, attributes are read and dropped.</summary>
    /// <returns>Null at the orderly end of the stream.</returns>
    /// <exception cref="RespProtocolException">Not RESP3, or beyond the limits.</exception>
    /// <exception cref="EndOfStreamException">The stream ended within a reply.</exception>
    public async ValueTask<RedisReply?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        _left = maxReplyBytes;
        return await ReadValueAsync(depth: 0, endMarkerAllowed: false, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<RedisReply?> ReadValueAsync(int depth, bool endMarkerAllowed, CancellationToken cancellationToken)
    {
        if (depth > maxDepth)
        {
            throw new RespProtocolException($"A reply is nested deeper than {maxDepth} levels.");
        }

        while (true)
        {
            var line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            byte type = line.Span[0];
            var rest = line[1..];
            switch (type)
            {
                case (byte)'+':
                    return RedisReply.FromString(rest.ToArray());
                case (byte)'-':
                    return RedisReply.FromError(rest.ToArray());
                case (byte)':':
                    return RedisReply.FromInteger(ParseInteger(rest.Span));
                case (byte)'_':
                    return RedisReply.Null;
                case (byte)'#':
                    return rest.Span is [(byte)'t'] ? RedisReply.True : rest.Span is [(byte)'f'] ? RedisReply.False : throw Malformed(line.Span);
                case (byte)',':
                    return RedisReply.FromDouble(ParseDouble(rest.Span));
                case (byte)'(':
                    return RedisReply.FromString(ParseBigNumber(rest.Span));
                case (byte)'$':
                    return rest.Span is [(byte)'?']
                        ? RedisReply.FromString(await ReadChunksAsync(cancellationToken).ConfigureAwait(false))
                        : await ReadBulkAsync(ParseLength(rest.Span), cancellationToken).ConfigureAwait(false) is { } text ? RedisReply.FromString(text) : RedisReply.Null;
                case (byte)'!':
                    return RedisReply.FromError(await ReadBulkAsync(ParseLength(rest.Span), cancellationToken).ConfigureAwait(false) ?? throw Malformed(line.Span));
                case (byte)'=':
                    return RedisReply.FromString(WithoutFormat(await ReadBulkAsync(ParseLength(rest.Span), cancellationToken).ConfigureAwait(false)));
                case (byte)'*':
                    return await ReadItemsAsync(RedisReplyKind.Array, rest, 1, depth, cancellationToken).ConfigureAwait(false);
                case (byte)'~':
                    return await ReadItemsAsync(RedisReplyKind.Set, rest, 1, depth, cancellationToken).ConfigureAwait(false);
                case (byte)'>':
                    return await ReadItemsAsync(RedisReplyKind.Push, rest, 1, depth, cancellationToken).ConfigureAwait(false);
                case (byte)'%':
                    return await ReadItemsAsync(RedisReplyKind.Map, rest, 2, depth, cancellationToken).ConfigureAwait(false);
                case (byte)'|':
                    // Attributes describe the value that follows them; nothing here wants them.
                    await ReadItemsAsync(RedisReplyKind.Map, rest, 2, depth, cancellationToken).ConfigureAwait(false);
                    continue;
                case (byte)'.' when endMarkerAllowed && rest.IsEmpty:
                    return null;
                default:
                    throw Malformed(line.Span);
            }
        }
    }

    private async ValueTask<RedisReply> ReadItemsAsync(RedisReplyKind kind, ReadOnlyMemory<byte> lengthText, int itemsPerEntry, int depth, CancellationToken cancellationToken)
    {
        if (lengthText.Span is [(byte)'?'])
        {
            var streamed = new List<RedisReply>();
            while (await ReadValueAsync(depth + 1, endMarkerAllowed: true, cancellationToken).ConfigureAwait(false) is { } item)
            {
                streamed.Add(item);
            }

            return streamed.Count % itemsPerEntry == 0
                ? RedisReply.FromItems(kind, streamed)
                : throw new RespProtocolException("A streamed map ended between a key and its value.");
        }

        int length = ParseLength(lengthText.Span);
        if (length < 0)
        {
            return RedisReply.Null;
        }

        // Each item takes at least three bytes on the wire ("_\r\n"), so a length beyond the rest of the limit is a lie or
        // too big; checking first keeps a hostile length from allocating anything.
        long count = (long)length * itemsPerEntry;
        if (count * 3 > _left)
        {
            throw TooBig();
        }

        var items = new RedisReply[count];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = (await ReadValueAsync(depth + 1, endMarkerAllowed: false, cancellationToken).ConfigureAwait(false))!;
        }

        return RedisReply.FromItems(kind, items);
    }

    private async ValueTask<byte[]?> ReadBulkAsync(int length, CancellationToken cancellationToken)
    {
        if (length < 0)
        {
            return null;
        }

        Spend(length + 2L);
        byte[] bytes = new byte[length];
        for (int filled = 0; filled < length;)
        {
            if (_start == _end)
            {
                await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            }

            int take = Math.Min(length - filled, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(filled));
            _start += take;
            filled += take;
        }

        while (_end - _start < 2)
        {
            await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_buffer[_start] != '\r' || _buffer[_start + 1] != '\n')
        {
            throw new RespProtocolException("A bulk string does not end where its length says.");
        }

        _start += 2;
        return bytes;
    }

    private async ValueTask<byte[]> ReadChunksAsync(CancellationToken cancellationToken)
    {
        var whole = new MemoryStream();
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (line.Span[0] != ';')
            {
                throw Malformed(line.Span);
            }

            byte[]? chunk = ParseLength(line.Span[1..]) is > 0 and int length ? await ReadBulkAsync(length, cancellationToken).ConfigureAwait(false) : null;
            if (chunk is null)
            {
                return whole.ToArray();
            }

            whole.Write(chunk);
        }
    }

    /// <summary>A line without its end. Valid until the next read.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancellationToken)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                int length = searched + at;
                if (length < 2 || _buffer[_start + length - 1] != '\r')
                {
                    throw Malformed(_buffer.AsSpan(_start, length));
                }

                Spend(length + 1L);
                var line = _buffer.AsMemory(_start, length - 1);
                _start += length + 1;
                return line;
            }

            searched = _end - _start;
            if (searched > MaxLineBytes)
            {
                throw new RespProtocolException($"A line is longer than {MaxLineBytes} bytes.");
            }

            await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FillOrThrowAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new EndOfStreamException("The connection ended within a reply.");
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            // A line's memory is used up before the next fill, so what is left may move.
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            else
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    private void Spend(long bytes)
    {
        if (bytes > _left)
        {
            throw TooBig();
        }

        _left -= (int)bytes;
    }

    private RespProtocolException TooBig() => new($"A reply is larger than {maxReplyBytes} bytes.");

    private static long ParseInteger(ReadOnlySpan<byte> text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw Malformed(text);

    private static int ParseLength(ReadOnlySpan<byte> text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= -1 ? value : throw Malformed(text);

    private static double ParseDouble(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("inf"u8) || text.SequenceEqual("+inf"u8))
        {
            return double.PositiveInfinity;
        }

        if (text.SequenceEqual("-inf"u8))
        {
            return double.NegativeInfinity;
        }

        // Redis before 7.2 could also write "-nan"; the sign of no number means nothing.
        if (text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8))
        {
            return double.NaN;
        }

        return Utf8Parser.TryParse(text, out double value, out int consumed) && consumed == text.Length ? value : throw Malformed(text);
    }

    private static byte[] ParseBigNumber(ReadOnlySpan<byte> text)
    {
        var digits = text is [(byte)'-' or (byte)'+', ..] ? text[1..] : text;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? text.ToArray() : throw Malformed(text);
    }

    /// <summary>A verbatim string begins with three letters that name its format, and a colon.</summary>
    private static byte[] WithoutFormat(byte[]? verbatim) =>
        verbatim is [_, _, _, (byte)':', .. var text] ? text : throw new RespProtocolException("A verbatim string has no format.");

    private static RespProtocolException Malformed(ReadOnlySpan<byte> text) =>
        new($"Not RESP3: \"{Encoding.ASCII.GetString(text[..Math.Min(text.Length, 40)])}\".");
}
