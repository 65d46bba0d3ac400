using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>The series that the generated rules record for each SLO (see <c>back2code slo generate</c>). A test holds these names against the generator's.</summary>
internal static partial class SloSeries
{
    public const string Objective = "slo:objective:ratio";
    public const string Remaining = "slo:error_budget_remaining:ratio";
    public const string ErrorRatio = "slo:errors:ratio_rate";
    public const string BurnRate = "slo:burn_rate:ratio";

    public static string Of(string slo, SloMeasure measure, string window) => measure switch
    {
        SloMeasure.Remaining => Remaining,
        SloMeasure.Objective => Objective,
        SloMeasure.BurnRate => BurnRate + window,
        _ => ErrorRatio + window,
    } + $"{{slo=\"{slo}\"}}";

    // Both end up in a query; anything else could change what is asked.
    public static bool IsName(string slo) => Name().IsMatch(slo);

    public static bool IsWindow(string window) => Window().IsMatch(window);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[1-9][0-9]{0,4}[smhdwy]\z")]
    private static partial Regex Window();
}
