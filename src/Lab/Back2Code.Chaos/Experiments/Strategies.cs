namespace Back2Code.Chaos.Experiments;

/// <summary>The words of the format, and of its command line, for strategies and dry modes.</summary>
public static class Strategies
{
    public const string RollbackNames = "default, always, deviated or never";
    public const string HypothesisNames = "default, before-method-only, after-method-only, during-method-only, continuously or skip";
    public const string DryNames = "probes, actions, activities or pause";

    /// <returns>Null for a word that is none.</returns>
    public static RollbackStrategy? Rollback(string word) => word switch
    {
        "default" => RollbackStrategy.Default,
        "always" => RollbackStrategy.Always,
        "deviated" => RollbackStrategy.Deviated,
        "never" => RollbackStrategy.Never,
        _ => null,
    };

    /// <returns>Null for a word that is none. The reference's own spelling mistake is understood too.</returns>
    public static HypothesisStrategy? Hypothesis(string word) => word switch
    {
        "default" => HypothesisStrategy.BeforeAndAfter,
        "before-method-only" => HypothesisStrategy.BeforeOnly,
        "after-method-only" => HypothesisStrategy.AfterOnly,
        "during-method-only" => HypothesisStrategy.DuringOnly,
        "continuously" or "continously" => HypothesisStrategy.Continuously,
        "skip" => HypothesisStrategy.Skip,
        _ => null,
    };

    /// <returns>Null for a word that is none.</returns>
    public static DryMode? Dry(string word) => word switch
    {
        "probes" => DryMode.Probes,
        "actions" => DryMode.Actions,
        "activities" => DryMode.Activities,
        "pause" => DryMode.Pause,
        _ => null,
    };

    /// <summary>The word of a dry mode; null for none, as the journal has it.</summary>
    public static string? WordOf(DryMode mode) => mode switch
    {
        DryMode.Probes => "probes",
        DryMode.Actions => "actions",
        DryMode.Activities => "activities",
        DryMode.Pause => "pause",
        _ => null,
    };
}
