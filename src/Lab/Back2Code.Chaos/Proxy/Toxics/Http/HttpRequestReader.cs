using System.Buffers;

namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>What a stretch of bytes on its way to the server is.</summary>
internal enum HttpPart
{
    /// <summary>A body, or nothing that could be read: to be passed on as it is.</summary>
    Other,

    /// <summary>The beginning of a head, kept until the rest has come.</summary>
    HeadSoFar,

    /// <summary>The end of a head: it can be taken whole.</summary>
    Head,
}

/// <summary>
/// Follows the requests of one HTTP/1 connection: where each begins, what it asks for, where it ends. On a connection that was open before, it
/// begins with the first chunk that looks like a request. What is not HTTP/1 (TLS, HTTP/2, an upgraded connection) it lets alone.
/// </summary>
internal sealed class HttpRequestReader
{
    private const int MaxHeadBytes = 64 * 1024;
    private const int NoSizeYet = -1;

    private readonly ArrayBufferWriter<byte> _head = new();
    private State _state = State.Lost;
    private long _left;
    private bool _inExtension;

    private enum State
    {
        Lost,
        Head,
        Body,
        ChunkSize,
        ChunkData,
        Trailer,
        Opaque,
    }

    /// <summary>Between two requests, so that stopping here breaks none.</summary>
    public bool IsBetweenRequests => _state is State.Lost or State.Opaque || (_state == State.Head && _head.WrittenCount == 0);

    /// <summary>Looks at the next bytes, at most so far as they are of one kind.</summary>
    /// <param name="startsChunk">Whether these bytes are the first of what one read brought.</param>
    public HttpPart Next(ReadOnlySpan<byte> bytes, bool startsChunk, out int length)
    {
        if (_state == State.Lost && startsChunk && LooksLikeRequest(bytes))
        {
            _state = State.Head;
        }

        if (_state == State.Head)
        {
            return NextOfHead(bytes, out length);
        }

        length = _state is State.Lost or State.Opaque ? bytes.Length : LengthOfBody(bytes);
        return HttpPart.Other;
    }

    /// <summary>A head that has come whole, and what it says: null for one that cannot be read, after which nothing is.</summary>
    public byte[] TakeHead(out HttpRequestHead? request)
    {
        byte[] head = TakeKept();
        request = head.AsSpan().EndsWith("\r\n\r\n"u8) ? HttpRequestHead.Parse(head) : null;
        _left = request?.Length ?? NoSizeYet;
        _state = request switch
        {
            null or { IsLast: true } => State.Opaque,
            { Length: null } => State.ChunkSize,
            { Length: 0 } => State.Head,
            _ => State.Body,
        };
        return head;
    }

    /// <summary>Gives back what it kept of a head, and forgets where it is.</summary>
    public byte[] Stop()
    {
        _state = _state == State.Opaque ? State.Opaque : State.Lost;
        return TakeKept();
    }

    private static bool LooksLikeRequest(ReadOnlySpan<byte> bytes)
    {
        int method = 0;
        while (method < bytes.Length && bytes[method] is >= (byte)'A' and <= (byte)'Z')
        {
            method++;
        }

        return method > 0 && method <= 16 && (method == bytes.Length || bytes[method] == ' ');
    }

    private byte[] TakeKept()
    {
        byte[] head = _head.WrittenSpan.ToArray();
        _head.ResetWrittenCount();
        return head;
    }

    private HttpPart NextOfHead(ReadOnlySpan<byte> bytes, out int length)
    {
        int before = _head.WrittenCount;
        _head.Write(bytes);
        int end = _head.WrittenSpan[Math.Max(0, before - 3)..].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            length = bytes.Length;

            // Too long to be one: handed over as a head that cannot be read.
            return _head.WrittenCount <= MaxHeadBytes ? HttpPart.HeadSoFar : HttpPart.Head;
        }

        int headBytes = Math.Max(0, before - 3) + end + 4;
        byte[] head = TakeKept();
        _head.Write(head.AsSpan(0, headBytes));
        length = headBytes - before;
        return HttpPart.Head;
    }

    /// <summary>How many of these bytes belong to the body of the present request.</summary>
    private int LengthOfBody(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && _state != State.Head)
        {
            // A size that no chunk has: from here on nothing is read, a line's end least of all.
            if (_state == State.Opaque)
            {
                return bytes.Length;
            }

            if (_state is State.Body or State.ChunkData)
            {
                int taken = (int)Math.Min(_left, bytes.Length - at);
                _left -= taken;
                at += taken;
                if (_left == 0)
                {
                    (_state, _left) = _state == State.Body ? (State.Head, 0) : (State.ChunkSize, NoSizeYet);
                }

                continue;
            }

            ReadLineByte(bytes[at++]);
        }

        return at;
    }

    /// <summary>A byte of a line of the chunked coding: "SIZE[;extension]", the empty one after a chunk's data, or one of the trailer.</summary>
    private void ReadLineByte(byte value)
    {
        if (value == '\r')
        {
            return;
        }

        if (_state == State.Trailer)
        {
            // Here _left counts the bytes of the line; the empty one ends the request.
            (_state, _left) = value != '\n' ? (State.Trailer, _left + 1) : _left == 0 ? (State.Head, 0) : (State.Trailer, 0);
            return;
        }

        if (value == '\n')
        {
            _inExtension = false;
            _state = _left switch
            {
                NoSizeYet => State.ChunkSize,
                0 => State.Trailer,
                _ => State.ChunkData,
            };
        }
        else if (value == ';')
        {
            _inExtension = true;
        }
        else if (!_inExtension)
        {
            _left = (Math.Max(_left, 0) * 16) + (char.IsAsciiHexDigit((char)value) ? Convert.ToInt32(((char)value).ToString(), 16) : 0);
            if (_left > int.MaxValue)
            {
                _state = State.Opaque;
            }
        }
    }
}
