namespace Back2Code.Lab.Drills;

/// <summary>What the drill cost of the users' availability budget, by the gateway's own counters.</summary>
/// <param name="Objective">Target share of good requests, for example 0.999.</param>
/// <param name="BurntRatio">Share of the 30-day budget burnt, had this drill's request rate lasted the whole 30 days.</param>
/// <param name="GatewayTotal">Requests the gateway counted in the window.</param>
/// <param name="GatewayFailed">Of these, answered 5xx.</param>
public sealed record ErrorBudget(decimal Objective, double BurntRatio, double GatewayTotal, double GatewayFailed)
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(30);

    /// <summary>
    /// budget = rate × 30 days × (1 − objective) failed requests; burnt = failed / budget. With the rate taken from the window itself, this is
    /// (failed ratio / (1 − objective)) × (window / 30 days): a drill of 40 s that fails one request in ten at 99.9 % burns 0.15 % of the budget.
    /// </summary>
    public static ErrorBudget Of(decimal objective, double total, double failed, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(objective, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, 1);
        var burnt = total > 0 ? failed / total / (double)(1 - objective) * (window / Period) : 0;
        return new ErrorBudget(objective, burnt, total, failed);
    }
}
