using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.StatusPage;

/// <summary>Everything that the status page shows, as it stood at one time.</summary>
internal sealed record StatusFacts(DateTimeOffset Now, IReadOnlyList<CheckStatus> Checks, BudgetAnswer Budgets, IReadOnlyList<Incident> Incidents)
{
    private const string ProcessCheck = "process";

    /// <summary>What a visitor wants to know first.</summary>
    public StatusVerdict Verdict =>
        Incidents.Any(i => i.Severity == Severity.Critical) || Budgets.Budgets.Any(b => b.State == "critical") ? StatusVerdict.UsersAffected
        : Incidents.Count > 0 || Checks.Any(c => c.State is HealthState.Warning or HealthState.Critical) || Budgets.Budgets.Any(b => b.State == "warning") ? StatusVerdict.NeedsAttention
        : Checks.All(c => c.State == HealthState.NotApplicable) || Checks.Any(c => c.State == HealthState.Unknown) || !Budgets.Available || Budgets.Budgets.Any(b => b.Stale || b.State == BudgetView.Unknown) ? StatusVerdict.PartlyUnknown
        : StatusVerdict.Well;

    /// <summary>Those that have an objective or a process.</summary>
    public IReadOnlyList<ServiceFacts> Services
    {
        get
        {
            var processes = Checks.Where(c => c.Check == ProcessCheck && c.Finding.Target.Length > 0).ToLookup(c => ServiceOf(c.Finding.Target), StringComparer.Ordinal);
            var budgets = Budgets.Budgets.ToLookup(b => b.Service, StringComparer.Ordinal);
            return [.. processes.Select(p => p.Key).Union(budgets.Select(b => b.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(name => new ServiceFacts(name, [.. processes[name]], [.. budgets[name]]))];
        }
    }

    /// <summary>Replicas are numbered: notes-1 is one of notes.</summary>
    private static string ServiceOf(string process)
    {
        int dash = process.LastIndexOf('-');
        return dash > 0 && dash < process.Length - 1 && process.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? process[..dash] : process;
    }
}

internal sealed record ServiceFacts(string Name, IReadOnlyList<CheckStatus> Processes, IReadOnlyList<BudgetView> Budgets)
{
    public HealthState State => HealthStates.Worst([
        .. Processes.Select(p => p.State),
        .. Budgets.Select(b => b.State switch { "ok" => HealthState.Ok, "warning" => HealthState.Warning, "critical" => HealthState.Critical, _ => HealthState.Unknown }),
    ]);
}

internal enum StatusVerdict
{
    Well,
    PartlyUnknown,
    NeedsAttention,
    UsersAffected,
}
