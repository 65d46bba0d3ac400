namespace Back2Code.Lab.Traffic.Verification;

/// <summary>
/// What `back2code traffic verify --json` writes. <see cref="Lost"/>, <see cref="Duplicated"/> and <see cref="Stale"/> count findings; a write may have two
/// (its effect is gone and its event never came). <see cref="Verified"/> counts acknowledged writes with no finding at all.
/// </summary>
public sealed record LedgerVerdict
{
    public required int Acknowledged { get; init; }

    public required int Verified { get; init; }

    public required int Lost { get; init; }

    public required int Duplicated { get; init; }

    public required int Stale { get; init; }

    /// <summary>Of <see cref="Lost"/>: writes that could not be checked by the deadline because the platform did not answer.</summary>
    public required int Unreadable { get; init; }

    /// <summary>False when the generator was killed: its last moment of writes may be missing, so findings that need a complete ledger are left out.</summary>
    public required bool LedgerComplete { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The first 20.</summary>
    public required IReadOnlyList<Finding> Details { get; init; }

    public bool Clean => Lost == 0 && Duplicated == 0 && Stale == 0;
}

/// <param name="Kind"><c>lost</c>, <c>duplicated</c> or <c>stale</c>.</param>
public sealed record Finding(string Kind, string User, Guid? NoteId, long? Version, string Text);
