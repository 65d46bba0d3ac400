using System.Globalization;
using System.Text;
using Back2Code.Data;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Data;

public sealed class RespReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "Text OK")]
    [InlineData("-ERR no\r\n", "Error ERR no")]
    [InlineData(":-42\r\n", "Number -42")]
    [InlineData("_\r\n", "Null")]
    [InlineData("$-1\r\n", "Null")]
    [InlineData("*-1\r\n", "Null")]
    [InlineData("#t\r\n", "Boolean true")]
    [InlineData("#f\r\n", "Boolean false")]
    [InlineData(",2.5\r\n", "Real 2.5")]
    [InlineData(",1e-3\r\n", "Real 0.001")]
    [InlineData(",inf\r\n", "Real Infinity")]
    [InlineData(",-inf\r\n", "Real -Infinity")]
    [InlineData(",nan\r\n", "Real NaN")]
    [InlineData("(3492890328409238509324850943850943825024385\r\n", "Text 3492890328409238509324850943850943825024385")]
    [InlineData("$5\r\nhello\r\n", "Text hello")]
    [InlineData("$0\r\n\r\n", "Text ")]
    [InlineData("$4\r\na\r\nb\r\n", "Text a\r\nb")]
    [InlineData("!9\r\nERR no \r\n\r\n", "Error ERR no \r\n")]
    [InlineData("=8\r\ntxt:text\r\n", "Text text")]
    [InlineData("*2\r\n:1\r\n*1\r\n_\r\n", "Array[Number 1, Array[Null]]")]
    [InlineData("~1\r\n+a\r\n", "Set[Text a]")]
    [InlineData("%1\r\n+k\r\n:1\r\n", "Map[Text k, Number 1]")]
    [InlineData(">2\r\n+invalidate\r\n_\r\n", "Push[Text invalidate, Null]")]
    [InlineData("|1\r\n+ttl\r\n:3600\r\n:7\r\n", "Number 7")]
    [InlineData("*1\r\n|1\r\n+a\r\n+b\r\n+c\r\n", "Array[Text c]")]
    [InlineData("$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", "Text Hello")]
    [InlineData("*?\r\n:1\r\n:2\r\n.\r\n", "Array[Number 1, Number 2]")]
    [InlineData("%?\r\n+a\r\n:1\r\n.\r\n", "Map[Text a, Number 1]")]
    [InlineData("*0\r\n", "Array[]")]
    public async Task Every_type_is_read_whole_and_byte_by_byte(string wire, string expected)
    {
        foreach (int chunk in (int[])[1, 2, 3, 1000])
        {
            var reader = Reader(wire + wire, chunk);

            Assert.Equal(expected, Describe(await reader.ReadAsync(CancellationToken.None)));
            Assert.Equal(expected, Describe(await reader.ReadAsync(CancellationToken.None)));
            Assert.Null(await reader.ReadAsync(CancellationToken.None));
        }
    }

    [Theory]
    [InlineData("hello\r\n")]
    [InlineData("\r\n")]
    [InlineData(":12a\r\n")]
    [InlineData(":\r\n")]
    [InlineData("#x\r\n")]
    [InlineData(",one\r\n")]
    [InlineData("(12b\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$3\r\nabcde\r\n")]
    [InlineData("=2\r\nab\r\n")]
    [InlineData("=-1\r\n")]
    [InlineData("!-1\r\n")]
    [InlineData(".\r\n")]
    [InlineData("+no carriage return\n")]
    [InlineData("%?\r\n+a\r\n.\r\n")]
    [InlineData("$?\r\n:1\r\n")]
    public async Task What_is_not_RESP3_is_an_error(string wire) =>
        await Assert.ThrowsAsync<RespProtocolException>(async () => await Reader(wire, 1000).ReadAsync(CancellationToken.None));

    [Theory]
    [InlineData("$5\r\nhel")]
    [InlineData("*2\r\n:1\r\n")]
    [InlineData("+OK")]
    [InlineData("$?\r\n;1\r\na\r\n")]
    public async Task A_stream_that_ends_within_a_reply_is_an_error(string wire) =>
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await Reader(wire, 1000).ReadAsync(CancellationToken.None));

    [Theory]
    [InlineData("$2000\r\n")]
    [InlineData("*2147483647\r\n")]
    [InlineData("%1073741823\r\n")]
    [InlineData("*400\r\n")]
    public async Task A_reply_beyond_the_limit_is_refused_before_it_takes_memory(string wire) =>
        await Assert.ThrowsAsync<RespProtocolException>(async () => await Reader(wire, 1000, maxBytes: 1024).ReadAsync(CancellationToken.None));

    [Fact]
    public async Task Many_small_items_also_count_against_the_limit()
    {
        string wire = "*?\r\n" + string.Concat(Enumerable.Repeat(":1\r\n", 1000));

        await Assert.ThrowsAsync<RespProtocolException>(async () => await Reader(wire, 1000, maxBytes: 1024).ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Nesting_beyond_the_limit_is_refused()
    {
        string wire = string.Concat(Enumerable.Repeat("*1\r\n", 100)) + ":1\r\n";

        await Assert.ThrowsAsync<RespProtocolException>(async () => await Reader(wire, 1000).ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_endless_line_is_refused() =>
        await Assert.ThrowsAsync<RespProtocolException>(async () => await Reader("+" + new string('x', 200_000), 4096).ReadAsync(CancellationToken.None));

    [Fact]
    public void What_is_written_as_a_command_is_read_back_however_it_is_cut() =>
        Prop.ForAll(async (NonNull<string>[] words, PositiveInt chunk) =>
        {
            string[] command = ["X", .. words.Select(word => word.Get)];
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            RedisArgument[] arguments = [.. command.Select(RedisArgument.FromString)];
            RespWriter.Write(buffer, arguments);
            var stream = new ChunkedStream(buffer.WrittenSpan.ToArray(), chunk.Get);
            var reader = new RespReader(stream, 1 << 20, 4, bufferBytes: 16);

            var reply = (await reader.ReadAsync(CancellationToken.None))!;
            return buffer.WrittenCount <= RespWriter.SizeOf(arguments)
                && reply.Items.Select(item => Convert.ToHexString(item.Bytes.Span)).SequenceEqual(command.Select(word => Convert.ToHexString(Encoding.UTF8.GetBytes(word))));
        }).QuickCheckThrowOnFailure();

    private static RespReader Reader(string wire, int chunk, int maxBytes = 1 << 20) =>
        new(new ChunkedStream(Encoding.UTF8.GetBytes(wire), chunk), maxBytes, maxDepth: 8, bufferBytes: 16);

    private static string Describe(RedisReply? reply) => reply switch
    {
        null => "(end)",
        { Kind: RedisReplyKind.Null } => "Null",
        { Kind: RedisReplyKind.Real } => string.Create(CultureInfo.InvariantCulture, $"Real {reply.AsDouble()}"),
        { Kind: RedisReplyKind.Array or RedisReplyKind.Set or RedisReplyKind.Map or RedisReplyKind.Push } => $"{reply.Kind}[{string.Join(", ", reply.Items.Select(Describe))}]",
        _ => $"{reply.Kind} {reply}",
    };

    /// <summary>Hands out at most so many bytes at once, as a network may.</summary>
    private sealed class ChunkedStream(byte[] content, int chunk) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
