using System.Runtime.CompilerServices;

namespace Back2Code.Identity.Audit;

/// <summary>
/// Walks the chain from its first row to its end and holds it against itself and the checkpoints. Stops at the first fault: after it,
/// everything is.
/// </summary>
internal sealed class AuditVerification(AuditReader reader, CheckpointKeys keys)
{
    /// <summary>How far from its place a row is looked for, to tell a moved row from an altered one.</summary>
    private const int MovedWithin = 1_000;

    private readonly Queue<Checkpoint> _ahead = new();
    private Checkpoint? _previous;
    private long _checkpoints;
    private long _lastCheckpoint;
    private long _last;
    private byte[] _running = AuditChain.Genesis;

    /// <summary>Rows that hold so far.</summary>
    public long Verified => _last;

    /// <summary>
    /// Yields null after each page, for the caller to show that it goes on, and the verdict at the end. One verification for one instance.
    /// </summary>
    public async IAsyncEnumerable<AuditVerdict?> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // In this order: what the checkpoints up to this one cover is in the rows that the head counts. Those signed during the walk are the next walk's.
        _lastCheckpoint = await reader.LastCheckpointAsync(cancellationToken);
        await LookAheadAsync(cancellationToken);
        AuditHead? head = await reader.HeadAsync(cancellationToken);
        if (head is null)
        {
            yield return Broken(1, AuditBreak.Missing, "The record of where the chain ends is not there.");
            yield break;
        }

        while (_last < head.Sequence)
        {
            var rows = await reader.OldestAsync(_last, head.Sequence, cancellationToken);
            foreach (var row in rows)
            {
                if ((Check(row) ?? await CheckpointsAtAsync(row.Sequence, cancellationToken)) is { } fault)
                {
                    yield return Verdict(fault);
                    yield break;
                }
            }

            if (rows.Count == 0)
            {
                yield return Broken(_last + 1, AuditBreak.Missing, $"The chain ends with row {_last}; it had {head.Sequence} rows.");
                yield break;
            }

            yield return null;
        }

        yield return Verdict(CheckEnd(head));
    }

    private AuditFault? Check(StoredRecord row)
    {
        if (row.Sequence != _last + 1)
        {
            return new AuditFault(_last + 1, AuditBreak.Missing, $"Row {_last + 1} is not there; the next one is {row.Sequence}.");
        }

        bool follows = row.PreviousHash.AsSpan().SequenceEqual(_running);
        bool says = AuditChain.HashOf(row, row.Sequence).AsSpan().SequenceEqual(row.Hash);
        if (!follows || !says)
        {
            return says
                ? new AuditFault(row.Sequence, AuditBreak.Rewritten, $"Row {row.Sequence} holds in itself and does not follow row {row.Sequence - 1}: one of them was written anew.")
                : PlaceOf(row) is { } place
                ? new AuditFault(row.Sequence, AuditBreak.Reordered, $"Row {row.Sequence} was written as row {place}.")
                : new AuditFault(row.Sequence, AuditBreak.Altered, $"Row {row.Sequence} does not say what it said when it was written.");
        }

        _last = row.Sequence;
        _running = row.Hash;
        return null;
    }

    private static long? PlaceOf(StoredRecord row)
    {
        for (long place = Math.Max(1, row.Sequence - MovedWithin); place <= row.Sequence + MovedWithin; place++)
        {
            if (AuditChain.HashOf(row, place).AsSpan().SequenceEqual(row.Hash))
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>Checkpoints of the row just walked, and of rows before it if their order is wrong.</summary>
    private async Task<AuditFault?> CheckpointsAtAsync(long sequence, CancellationToken cancellationToken)
    {
        while (_ahead.TryPeek(out var checkpoint) && checkpoint.Sequence <= sequence)
        {
            _ahead.Dequeue();
            if (Check(checkpoint, sequence) is { } fault)
            {
                return fault;
            }

            _previous = checkpoint;
            _checkpoints++;
            if (_ahead.Count == 0)
            {
                await LookAheadAsync(cancellationToken);
            }
        }

        return null;
    }

    private AuditFault? Check(Checkpoint checkpoint, long sequence)
    {
        long number = (_previous?.Number ?? 0) + 1;
        return checkpoint.Number != number
                ? new AuditFault(sequence, AuditBreak.Checkpoint, $"Checkpoint {number} is not there.")
            : !keys.Knows(checkpoint.KeyId)
                ? new AuditFault(sequence, AuditBreak.Checkpoint, $"Checkpoint {number} is signed with key {checkpoint.KeyId}, which is neither the signing key nor in Audit:RetiredKeys.")
            : !keys.Verify(checkpoint.KeyId, checkpoint.SignedBytes(_previous), checkpoint.Signature)
                ? new AuditFault(sequence, AuditBreak.Checkpoint, $"The signature of checkpoint {number} does not match.")
            : checkpoint.Sequence != sequence || !checkpoint.Hash.AsSpan().SequenceEqual(_running)
                ? new AuditFault(sequence, AuditBreak.Rewritten, $"Row {checkpoint.Sequence} has another hash than checkpoint {number} signed: the chain up to it was written anew.")
            : null;
    }

    private AuditFault? CheckEnd(AuditHead head) =>
        _ahead.TryPeek(out var beyond)
            ? new AuditFault(_last + 1, AuditBreak.Missing, $"The chain ends with row {_last}; checkpoint {beyond.Number} signed row {beyond.Sequence}.")
        : head.LastRow > head.Sequence
            ? new AuditFault(head.Sequence + 1, AuditBreak.Rewritten, $"There are rows up to {head.LastRow}, but the chain's end was set to {head.Sequence}.")
        : !head.Hash.AsSpan().SequenceEqual(_running)
            ? new AuditFault(_last, AuditBreak.Rewritten, $"The last row, {_last}, is not the one that the chain's end was made from.")
        : null;

    private async Task LookAheadAsync(CancellationToken cancellationToken)
    {
        foreach (var checkpoint in await reader.CheckpointsAsync(_previous?.Number ?? 0, _lastCheckpoint, cancellationToken))
        {
            _ahead.Enqueue(checkpoint);
        }
    }

    private AuditVerdict Broken(long sequence, AuditBreak kind, string detail) => Verdict(new AuditFault(sequence, kind, detail));

    private AuditVerdict Verdict(AuditFault? fault) =>
        new(fault is null, _last, _checkpoints, _previous?.Sequence ?? 0, Convert.ToHexStringLower(_running), fault);
}
