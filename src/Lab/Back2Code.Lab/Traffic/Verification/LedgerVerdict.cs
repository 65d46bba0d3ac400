using System.Text.Json.Serialization;

namespace Back2Code.Lab.Traffic.Verification;

/// <summary>
/// What `back2code traffic verify --json` writes. <see cref="Lost"/>, <see cref="Duplicated"/>, <see cref="Stale"/> and
/// <see cref="Unreadable"/> count findings; a write may have two (its effect is gone and its event never came). <see cref="Verified"/> counts acknowledged writes with no finding at all.
/// </summary>
public sealed record LedgerVerdict
{
    public required int Acknowledged { get; init; }

    public required int Verified { get; init; }

    public required int Lost { get; init; }

    public required int Duplicated { get; init; }

    public required int Stale { get; init; }

    /// <summary>Findings about which nothing is known, because the platform did not answer by the deadline. They are not lost, and they prove nothing.</summary>
    public required int Unreadable { get; init; }

    /// <summary>False when the generator was killed: its last moment of writes may be missing, so findings that need a complete ledger are left out.</summary>
    public required bool LedgerComplete { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The first 20.</summary>
    public required IReadOnlyList<Finding> Details { get; init; }

    /// <summary>Everything acknowledged was seen to be as it should be.</summary>
    public bool Clean => !Broken && Unreadable == 0;

    /// <summary>Something is known to be wrong.</summary>
    public bool Broken => Lost > 0 || Duplicated > 0 || Stale > 0;

    /// <summary>The counts, for people. Unreadable ones are only mentioned where there are any.</summary>
    public string Describe() => FormattableString.Invariant(
        $"{Acknowledged:#,0} writes acknowledged, {Verified:#,0} verified, {Lost:#,0} lost, {Duplicated:#,0} duplicated, {Stale:#,0} stale{(Unreadable > 0 ? FormattableString.Invariant($", {Unreadable:#,0} unreadable") : "")}");
}

/// <summary>How far a verification is.</summary>
/// <param name="Confirmed">Of the <paramref name="Acknowledged"/> writes, those that were seen to be as they should be.</param>
/// <param name="Seconds">Since it began.</param>
public sealed record VerificationProgress(int Confirmed, int Acknowledged, double Seconds)
{
    [JsonPropertyOrder(-1)]
    public string Event { get; } = "progress";
}

/// <param name="Kind"><c>lost</c>, <c>duplicated</c>, <c>stale</c> or <c>unreadable</c>.</param>
public sealed record Finding(string Kind, string User, Guid? NoteId, long? Version, string Text);
