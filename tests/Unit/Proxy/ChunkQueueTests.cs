using System.Text;
using Back2Code.Chaos.Proxy;
using Back2Code.Chaos.Proxy.Sockets;

namespace Back2Code.UnitTests.Proxy;

public sealed class ChunkQueueTests : IDisposable
{
    private readonly SocketLoop _loop = new(0);

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Chunks_leave_in_the_order_they_came()
    {
        var queue = Queue();
        await queue.WriteAsync(Piece("one"));
        await queue.WriteAsync(Piece("two"));

        Assert.Equal(["one", "two"], [Read(queue), Read(queue)]);
    }

    [Theory]
    [InlineData(5, 10)]
    [InlineData(100, 1)]
    public async Task A_writer_waits_for_room(int maxBytes, int maxChunks)
    {
        var queue = new ChunkQueue(maxBytes, maxChunks, _loop);
        await queue.WriteAsync(Piece("one"));

        var second = queue.WriteAsync(Piece("two")).AsTask();
        bool waited = !second.IsCompleted;
        Read(queue);

        Assert.True(waited);
        Assert.True(await second);
    }

    [Fact]
    public async Task A_chunk_beyond_the_bound_still_enters_an_empty_queue()
    {
        var queue = new ChunkQueue(maxBytes: 2, maxChunks: 10, _loop);

        Assert.True(await queue.WriteAsync(Piece("larger")));
    }

    [Fact]
    public async Task The_end_is_read_after_what_was_written_before_it()
    {
        var queue = Queue();
        await queue.WriteAsync(Piece("last"));
        queue.Complete(StreamEnd.Reset);
        queue.Complete(StreamEnd.HalfClose);

        Assert.Equal("last", Read(queue));
        Assert.True(queue.TryRead(out var chunk, out var end));
        Assert.Equal((null, StreamEnd.Reset), (chunk, end));
    }

    [Fact]
    public async Task A_reader_that_found_nothing_is_told_of_the_next_chunk()
    {
        var queue = Queue();
        bool found = queue.TryRead(out _, out _);
        var changed = queue.ChangedAsync().AsTask();
        bool toldEarly = changed.IsCompleted;

        await queue.WriteAsync(Piece("news"));
        await changed;

        Assert.Equal((false, false, "news"), (found, toldEarly, Read(queue)));
    }

    [Fact]
    public async Task Waking_the_reader_takes_nothing()
    {
        var queue = Queue();
        var changed = queue.ChangedAsync().AsTask();
        queue.Wake();
        await changed;

        Assert.False(queue.TryRead(out _, out _));
        await queue.WriteAsync(Piece("still there"));
        Assert.Equal("still there", Read(queue));
    }

    [Fact]
    public async Task Aborting_frees_the_writer_and_counts_what_was_lost()
    {
        var queue = new ChunkQueue(maxBytes: 5, maxChunks: 10, _loop);
        await queue.WriteAsync(Piece("12345"));
        var waiting = queue.WriteAsync(Piece("678")).AsTask();

        long lost = queue.Abort();

        Assert.Equal(5, lost);
        Assert.False(await waiting);
        Assert.False(await queue.WriteAsync(Piece("9")));
        Assert.False(queue.Inject(Piece("9")));
    }

    [Fact]
    public async Task A_queue_is_idle_only_when_its_reader_is_back_for_more()
    {
        var queue = Queue();
        bool beforeReading = queue.IsIdle;
        await queue.WriteAsync(Piece("one"));
        Read(queue);
        bool whileHeld = queue.IsIdle;
        queue.TryRead(out _, out _);

        Assert.Equal((false, false, true), (beforeReading, whileHeld, queue.IsIdle));
    }

    private ChunkQueue Queue() => new(maxBytes: 100, maxChunks: 10, _loop);

    private static Chunk Piece(string text) => Chunk.CopyOf(Encoding.UTF8.GetBytes(text), 0);

    private static string Read(ChunkQueue queue)
    {
        Assert.True(queue.TryRead(out var chunk, out _));
        return Encoding.UTF8.GetString(chunk!.Value.Memory.Span);
    }
}
