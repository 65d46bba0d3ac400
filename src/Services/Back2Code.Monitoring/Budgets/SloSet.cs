using Back2Code.Slo;
using Back2Code.Slo.Rules;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Budgets;

/// <summary>The budgets that this platform has, read once at start from the files that the rules are generated from. A wrong file stops the start: its budget would be missing unnoticed.</summary>
internal sealed class SloSet
{
    private readonly Dictionary<string, SloQueries> _byName;

    public SloSet(IOptions<MonitoringOptions> options)
    {
        All = options.Value.SlosDirectory is { Length: > 0 } folder ? SloQueries.For(SloFiles.Load(folder)) : [];
        _byName = All.ToDictionary(slo => slo.Slo, StringComparer.Ordinal);
        TimeScale = options.Value.SloTimeScale;
    }

    /// <summary>In the order of the files.</summary>
    public IReadOnlyList<SloQueries> All { get; }

    /// <summary>What every window is divided by, as in the rules that Prometheus evaluates.</summary>
    public double TimeScale { get; }

    public SloQueries? Find(string name) => _byName.GetValueOrDefault(name);
}
