using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Comparisons;

/// <summary>What a comparison can say of one figure.</summary>
public enum Change
{
    /// <summary>The interval of the difference lies below zero.</summary>
    Lower,

    /// <summary>It lies above.</summary>
    Higher,

    /// <summary>It holds zero: no difference was shown, which is not the same as that there is none.</summary>
    NotShown,

    /// <summary>Every pair has the same value twice.</summary>
    Same,

    /// <summary>Too few pairs have the figure on both sides.</summary>
    NotMeasured,
}

/// <summary>What a setting did to one figure, over pairs of runs with the same seed.</summary>
/// <param name="Difference">Mean with less mean without, in the figure's unit, with its 95 % interval.</param>
/// <param name="Relative">The same as a share of the mean without; null where that is or may be zero.</param>
/// <param name="Delta">Cliff's delta.</param>
/// <param name="Lower">Pairs in which the figure was lower with the setting.</param>
/// <param name="SignTestP">How likely so clear a count of pairs is, were it chance.</param>
public sealed record PairedEffect(
    string Figure, string Unit, Change Change, int Pairs, double? MeanWithout, double? MeanWith, double? Difference, Interval? DifferenceInterval,
    double? Relative, Interval? RelativeInterval, double? Delta, Interval? DeltaInterval, int Lower, int Higher, double SignTestP)
{
    /// <summary>Pairs that have the figure on one side only: what never recovered has no time to recover, and would be missing where it matters most.</summary>
    public int OneSided { get; init; }

    /// <summary>Fewer pairs show nothing.</summary>
    public const int LeastPairs = 5;

    private const double Confidence = 0.95;

    /// <param name="pairs">Values without and with the setting; pairs that lack one are left out.</param>
    /// <param name="seed">Of the resampling, where there are too many pairs for all resamples.</param>
    public static PairedEffect Of(string figure, string unit, IEnumerable<(double? Without, double? With)> pairs, int seed)
    {
        List<(double? Without, double? With)> all = [.. pairs];
        (double Without, double With)[] known = [.. all.Where(p => p is { Without: not null, With: not null }).Select(p => (p.Without!.Value, p.With!.Value))];
        var (lower, higher) = (known.Count(p => p.With < p.Without), known.Count(p => p.With > p.Without));
        var oneSided = all.Count(p => (p.Without is null) != (p.With is null));
        if (known.Length < LeastPairs)
        {
            return new PairedEffect(figure, unit, Change.NotMeasured, known.Length, null, null, null, null, null, null, null, null, lower, higher, 1) { OneSided = oneSided };
        }

        var interval = Bootstrap.WidenedOf(known, Difference, Confidence, seed);
        return new PairedEffect(
            figure,
            unit,
            lower + higher == 0 ? Change.Same : interval is null || interval.Contains(0) ? Change.NotShown : interval.High < 0 ? Change.Lower : Change.Higher,
            known.Length,
            known.Average(p => p.Without),
            known.Average(p => p.With),
            Difference(known),
            interval,
            Finite(Relative(known)),
            Bootstrap.WidenedOf(known, Relative, Confidence, seed),
            Delta(known),
            WithinOne(Bootstrap.WidenedOf(known, Delta, Confidence, seed)),
            lower,
            higher,
            SignTest.Of(lower, higher)) { OneSided = oneSided };

        static double Difference(IReadOnlyList<(double Without, double With)> sample) => sample.Average(p => p.With - p.Without);

        static double Relative(IReadOnlyList<(double Without, double With)> sample) => sample.Sum(p => p.With - p.Without) / sample.Sum(p => p.Without);

        static double Delta(IReadOnlyList<(double Without, double With)> sample) => CliffsDelta.Of([.. sample.Select(p => p.Without)], [.. sample.Select(p => p.With)]);

        // Delta cannot be beyond, whatever an interval was widened by.
        static Interval? WithinOne(Interval? interval) => interval is null ? null : new Interval(Math.Max(-1, interval.Low), Math.Min(1, interval.High));

        static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    /// <summary>One sentence: what the setting does, by how much, and how sure that is.</summary>
    public string Describe(string setting) => Sentence(setting) + (OneSided == 0 ? "" : FormattableString.Invariant($" {OneSided} pairs are left out, since only one of their runs has this figure: look at them first."));

    private string Sentence(string setting) => Change switch
    {
        Change.NotMeasured => FormattableString.Invariant($"{Figure}: only {Pairs} pairs have it on both sides; {LeastPairs} are needed."),
        Change.Same => FormattableString.Invariant($"{setting} does nothing to {Figure}: the same in all {Pairs} pairs."),
        Change.NotShown => FormattableString.Invariant($"No difference in {Figure} can be shown: {Amount()}, {Votes()}."),
        _ => FormattableString.Invariant($"{setting} {(Change == Change.Lower ? "reduces" : "raises")} {Figure} by {Amount()}, {Votes()}; Cliff's delta {Delta:0.00} ({CliffsDelta.Describe(Delta ?? 0)})."),
    };

    private string Votes() => Lower >= Higher
        ? FormattableString.Invariant($"lower in {Lower} of {Pairs} pairs")
        : FormattableString.Invariant($"higher in {Higher} of {Pairs} pairs");

    /// <summary>"41 % [33, 48]" where a share can be given, else in the unit; without a sign where the verb tells the direction.</summary>
    private string Amount()
    {
        var plain = Change is Change.Lower or Change.Higher;
        var sign = plain && Change == Change.Lower ? -1 : 1;
        var (value, interval, factor, format, unit) = Relative is not null && RelativeInterval is not null
            ? (Relative, RelativeInterval, 100.0, "0", " %")
            : (Difference, DifferenceInterval, 1.0, "0.###", " " + Unit);
        if (value is not { } v || interval is null)
        {
            return "an unknown amount";
        }

        double[] ends = [sign * interval.Low * factor, sign * interval.High * factor];
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return $"{(sign * v * factor).ToString(plain ? format : $"+{format};-{format};0", culture)}{unit} [{ends.Min().ToString(format, culture)}, {ends.Max().ToString(format, culture)}]";
    }
}
