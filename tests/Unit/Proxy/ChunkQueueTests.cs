using System.Text;
using Back2Code.Chaos.Proxy;

namespace Back2Code.UnitTests.Proxy;

public sealed class ChunkQueueTests
{
    [Fact]
    public async Task Chunks_leave_in_the_order_they_came()
    {
        var queue = new ChunkQueue(maxBytes: 100, maxChunks: 10);
        await queue.WriteAsync(Piece("one"));
        await queue.WriteAsync(Piece("two"));

        Assert.Equal(["one", "two"], [await ReadAsync(queue), await ReadAsync(queue)]);
    }

    [Theory]
    [InlineData(5, 10)]
    [InlineData(100, 1)]
    public async Task A_writer_waits_for_room(int maxBytes, int maxChunks)
    {
        var queue = new ChunkQueue(maxBytes, maxChunks);
        await queue.WriteAsync(Piece("one"));

        var second = queue.WriteAsync(Piece("two")).AsTask();
        bool waited = !second.IsCompleted;
        await ReadAsync(queue);

        Assert.True(waited);
        Assert.True(await second);
    }

    [Fact]
    public async Task A_chunk_beyond_the_bound_still_enters_an_empty_queue()
    {
        var queue = new ChunkQueue(maxBytes: 2, maxChunks: 10);

        Assert.True(await queue.WriteAsync(Piece("larger")));
    }

    [Fact]
    public async Task The_end_is_read_after_what_was_written_before_it()
    {
        var queue = new ChunkQueue(100, 10);
        await queue.WriteAsync(Piece("last"));
        queue.Complete(StreamEnd.Reset);
        queue.Complete(StreamEnd.HalfClose);

        Assert.Equal("last", await ReadAsync(queue));
        Assert.Equal((null, StreamEnd.Reset), await queue.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_interrupted_read_takes_nothing()
    {
        var queue = new ChunkQueue(100, 10);
        using var interrupt = new CancellationTokenSource();
        var reading = queue.ReadAsync(interrupt.Token).AsTask();
        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await queue.WriteAsync(Piece("still there"));
        Assert.Equal("still there", await ReadAsync(queue));
    }

    [Fact]
    public async Task An_interrupted_reader_is_told_before_it_takes_what_is_there()
    {
        var queue = new ChunkQueue(100, 10);
        await queue.WriteAsync(Piece("still there"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await queue.ReadAsync(new CancellationToken(canceled: true)));

        Assert.Equal("still there", await ReadAsync(queue));
    }

    [Fact]
    public async Task Aborting_frees_the_writer_and_counts_what_was_lost()
    {
        var queue = new ChunkQueue(maxBytes: 5, maxChunks: 10);
        await queue.WriteAsync(Piece("12345"));
        var waiting = queue.WriteAsync(Piece("678")).AsTask();

        long lost = queue.Abort();

        Assert.Equal(5, lost);
        Assert.False(await waiting);
        Assert.False(await queue.WriteAsync(Piece("9")));
    }

    [Fact]
    public async Task A_queue_is_idle_only_when_its_reader_is_back_for_more()
    {
        var queue = new ChunkQueue(100, 10);
        bool beforeReading = queue.IsIdle;
        await queue.WriteAsync(Piece("one"));
        await ReadAsync(queue);
        bool whileHeld = queue.IsIdle;
        _ = queue.ReadAsync(CancellationToken.None).AsTask();

        Assert.Equal((false, false, true), (beforeReading, whileHeld, queue.IsIdle));
    }

    private static Chunk Piece(string text) => Chunk.CopyOf(Encoding.UTF8.GetBytes(text), 0);

    private static async Task<string> ReadAsync(ChunkQueue queue)
    {
        var (chunk, _) = await queue.ReadAsync(TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(chunk!.Value.Memory.Span);
    }
}
