namespace Back2Code.Slo;

/// <summary>All objects that were read from a set of OpenSLO files, references resolved, in the order of the files.</summary>
public sealed class SloCatalogue
{
    /// <summary>The objectives.</summary>
    public IReadOnlyList<ServiceLevelObjective> Objectives { get; init; } = [];

    /// <summary>The services that objectives belong to.</summary>
    public IReadOnlyList<SloService> Services { get; init; } = [];

    /// <summary>The data sources that metrics come from.</summary>
    public IReadOnlyList<SloDataSource> DataSources { get; init; } = [];
}

/// <summary>An OpenSLO Service.</summary>
/// <param name="Name">RFC 1123 label.</param>
/// <param name="DisplayName">For people; the name when the file gives none.</param>
/// <param name="Description">What it does; may be empty.</param>
public sealed record SloService(string Name, string DisplayName, string Description);

/// <summary>An OpenSLO DataSource.</summary>
/// <param name="Name">RFC 1123 label.</param>
/// <param name="Type">For example <c>prometheus</c>, as written.</param>
public sealed record SloDataSource(string Name, string Type);

/// <summary>An OpenSLO SLO: what users may expect of one service.</summary>
public sealed record ServiceLevelObjective
{
    /// <summary>RFC 1123 label, unique in the catalogue.</summary>
    public required string Name { get; init; }

    /// <summary>For people; the name when the file gives none.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Why it exists; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Name of the service.</summary>
    public required string Service { get; init; }

    /// <summary>What is measured; null only in a composite SLO, whose targets carry indicators of their own.</summary>
    public ServiceLevelIndicator? Indicator { get; init; }

    /// <summary>Over which time the budget is counted.</summary>
    public required SloWindow Window { get; init; }

    /// <summary>How good time is counted.</summary>
    public required BudgetingMethod BudgetingMethod { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<SloTarget> Targets { get; init; }

    /// <summary>Declared alerts, beside the burn-rate pairs that every SLO gets.</summary>
    public IReadOnlyList<SloAlertPolicy> AlertPolicies { get; init; } = [];

    /// <summary>The pairs of windows from the annotation <c>back2code/alert-windows</c>; null: those of <see cref="BurnRatePair.For"/>.</summary>
    public IReadOnlyList<BurnRatePair>? AlertWindows { get; init; }

    /// <summary>Where the SLO stands.</summary>
    public required SourceLine Source { get; init; }
}

/// <summary>How OpenSLO counts the budget.</summary>
public enum BudgetingMethod
{
    /// <summary>Share of good events.</summary>
    Occurrences,

    /// <summary>Share of time slices whose own ratio reaches the slice target.</summary>
    Timeslices,

    /// <summary>Mean of the ratios of the time slices.</summary>
    RatioTimeslices,
}

/// <summary>The window of an SLO.</summary>
/// <param name="Duration">As written.</param>
/// <param name="IsRolling">False: aligned to the calendar.</param>
/// <param name="CalendarStart">Start of the first calendar window without zone; null when rolling.</param>
/// <param name="TimeZone">IANA name; null when rolling.</param>
public sealed record SloWindow(DurationShorthand Duration, bool IsRolling, DateTime? CalendarStart = null, string? TimeZone = null);

/// <summary>One objective of an SLO.</summary>
public sealed record SloTarget
{
    /// <summary>For people; may be empty.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Share of good events, 0 to below 1.</summary>
    public required decimal Target { get; init; }

    /// <summary>lte, gte, lt or gt for a threshold metric, otherwise null.</summary>
    public string? Operator { get; init; }

    /// <summary>The threshold, otherwise null.</summary>
    public decimal? Value { get; init; }

    /// <summary>Ratio that makes a slice good; only with <see cref="BudgetingMethod.Timeslices"/>.</summary>
    public decimal? TimeSliceTarget { get; init; }

    /// <summary>Length of a slice; null with <see cref="BudgetingMethod.Occurrences"/>.</summary>
    public DurationShorthand? TimeSliceWindow { get; init; }

    /// <summary>Weight in a composite SLO, 1 by default.</summary>
    public decimal CompositeWeight { get; init; } = 1;

    /// <summary>The indicator of one part of a composite SLO, otherwise null.</summary>
    public ServiceLevelIndicator? Indicator { get; init; }

    /// <summary>Where it stands.</summary>
    public required SourceLine Source { get; init; }
}

/// <summary>An OpenSLO SLI: one of a threshold, a pair of counts, or a stored ratio.</summary>
public sealed record ServiceLevelIndicator
{
    /// <summary>RFC 1123 label.</summary>
    public required string Name { get; init; }

    /// <summary>A value that is compared with the objective's.</summary>
    public MetricSource? Threshold { get; init; }

    /// <summary>Good events; then <see cref="Bad"/> is null.</summary>
    public MetricSource? Good { get; init; }

    /// <summary>Bad events; then <see cref="Good"/> is null.</summary>
    public MetricSource? Bad { get; init; }

    /// <summary>All events.</summary>
    public MetricSource? Total { get; init; }

    /// <summary>A ratio that somebody else computed.</summary>
    public MetricSource? Raw { get; init; }

    /// <summary>True: <see cref="Raw"/> is bad/total; false: good/total.</summary>
    public bool RawIsFailure { get; init; }

    /// <summary>True: the metrics only ever grow, apart from resets.</summary>
    public bool IsCounter { get; init; }

    /// <summary>Where it stands.</summary>
    public required SourceLine Source { get; init; }
}

/// <summary>Where a metric comes from.</summary>
/// <param name="Type">For example <c>prometheus</c>, from the file or its data source, in lower case.</param>
/// <param name="Query">The query; empty for types whose specification we do not read.</param>
/// <param name="Source">Where it stands.</param>
public sealed record MetricSource(string Type, string Query, SourceLine Source)
{
    /// <summary>True when Prometheus answers the query.</summary>
    public bool IsPrometheus => Type == "prometheus";
}

/// <summary>An OpenSLO AlertPolicy with its one condition.</summary>
public sealed record SloAlertPolicy
{
    /// <summary>RFC 1123 label.</summary>
    public required string Name { get; init; }

    /// <summary>Alert when there is no data.</summary>
    public bool WhenNoData { get; init; }

    /// <summary>Notify when the condition ends.</summary>
    public bool WhenResolved { get; init; }

    /// <summary>Alert when the condition holds.</summary>
    public bool WhenBreaching { get; init; }

    /// <summary>The condition.</summary>
    public required SloAlertCondition Condition { get; init; }

    /// <summary>Targets of the notification, as named in the files.</summary>
    public IReadOnlyList<string> NotificationTargets { get; init; } = [];
}

/// <summary>An OpenSLO AlertCondition of kind burnrate.</summary>
public sealed record SloAlertCondition
{
    /// <summary>RFC 1123 label.</summary>
    public required string Name { get; init; }

    /// <summary>Free text; becomes the label <c>severity</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>gt or gte.</summary>
    public required string Operator { get; init; }

    /// <summary>The burn rate at which to alert, above 0.</summary>
    public required decimal Threshold { get; init; }

    /// <summary>Over which time the burn rate is taken.</summary>
    public required DurationShorthand LookbackWindow { get; init; }

    /// <summary>How long it must hold.</summary>
    public DurationShorthand AlertAfter { get; init; }

    /// <summary>Where it stands.</summary>
    public required SourceLine Source { get; init; }
}
