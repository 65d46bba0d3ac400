using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.slice</c>: data comes in small pieces, a little apart.</summary>
internal sealed class SliceFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "link.slice";

    public string Family => "tcp";

    public string Summary => "Cuts data into pieces of about size bytes, apart by a pause.";

    public string Symptom => "Whoever takes one read for one message fails; the rest works, slower the smaller the pieces.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("size", "32"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("size", "Bytes of a piece; 32 when left out.", 1, 65_536),
        new DurationParameter("pause", "Between two pieces; 0 when left out.", TimeSpan.Zero, TimeSpan.FromSeconds(10)),
        ToxicFault.Stream("downstream"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        long size = settings.Number("size", 32);
        var pause = settings.Duration("pause") ?? TimeSpan.Zero;
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "slicer",
            new Dictionary<string, AttributeValue> { ["average_size"] = size, ["size_variation"] = size / 4, ["delay"] = (long)pause.TotalMicroseconds },
            "downstream",
            (link, _, toxics, token) => link.UntilSeenAsync(Patience, (statistics, _) => Judge(link.Link, ToxicFault.Total(statistics, toxics), size), token),
            cancellationToken);
    }

    /// <summary>More than one piece went by, and no more bytes in each than asked for: one small answer alone would show nothing.</summary>
    private static Evidence Judge(string link, ToxicStatisticsDocument total, long size)
    {
        double mean = total.PassedChunks == 0 ? 0 : (double)total.PassedBytes / total.PassedChunks;
        return total.PassedBytes > 2 * size && mean <= size * 1.25
            ? Evidence.Seen($"{link}: {total.PassedBytes:N0} bytes passed in {total.PassedChunks:N0} pieces of {mean:0} bytes on average")
            : Evidence.NotSeen($"{link}: {total.PassedBytes:N0} bytes passed in {total.PassedChunks:N0} pieces within {Patience.TotalSeconds:0} s");
    }
}
