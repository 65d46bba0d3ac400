namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// Cuts a length as Toxiproxy's slicer does: what is longer than <paramref name="average"/> + <paramref name="variation"/> is cut in the middle ± a draw up to the
/// variation, and each half again. With a variation below the average no piece is empty. One instance cuts one length after another.
/// </summary>
internal sealed class Slices(long average, long variation, Random random)
{
    // Ends of what is not yet cut out, the nearest on top. As deep as a chunk can be halved.
    private readonly Stack<int> _ends = new(capacity: 32);
    private int _start;

    public void Begin(int length)
    {
        _ends.Clear();
        _ends.Push(length);
        _start = 0;
    }

    /// <summary>The next piece, in order; false when all were told.</summary>
    public bool TryNext(out int offset, out int length)
    {
        (offset, length) = (_start, 0);
        if (!_ends.TryPop(out int end) || end == _start)
        {
            return false;
        }

        while (end - _start - average > variation)
        {
            int middle = _start + ((end - _start) / 2) + (int)random.NextInt64(-variation, variation + 1);
            _ends.Push(end);
            end = middle;
        }

        length = end - _start;
        _start = end;
        return true;
    }
}
