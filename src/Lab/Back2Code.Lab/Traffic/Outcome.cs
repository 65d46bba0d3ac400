namespace Back2Code.Lab.Traffic;

/// <summary>How one arrival ended. Offsets are from the start of the run.</summary>
/// <param name="Journey">What was really sent: a replace whose note must be read again first is a read.</param>
/// <param name="Status">An HTTP status or one of <see cref="OutcomeNames"/>.</param>
/// <param name="SentNs">Null when the generator shed the request.</param>
internal readonly record struct Outcome(long IntendedNs, Journey Journey, string Status, bool Ok, long? SentNs, long EndedNs, StaleRead Stale = StaleRead.No)
{
    public long ResponseNs => EndedNs - IntendedNs;

    public long? ServiceNs => EndedNs - SentNs;

    public long? BehindNs => SentNs - IntendedNs;
}

/// <summary>Whether a read showed an older version than its reader had been acknowledged, and whether the answer said so.</summary>
internal enum StaleRead
{
    No,
    Declared,
    Undeclared,
}
