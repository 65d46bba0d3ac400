namespace Back2Code.Lab.Drills;

/// <summary>Compares what was measured with what was promised. Pure.</summary>
internal static class ObjectiveJudge
{
    public static IReadOnlyList<Objective> Judge(DrillRecord record) => [.. Detection(record), .. Users(record), .. Ledger(record), .. Alerts(record)];

    /// <summary>The line that says what was missed, for the terminal.</summary>
    public static string Describe(Objective objective)
    {
        var measured = objective.Measured is { } value ? Quantity(value, objective.Unit) : "nothing measured";
        return $"{objective.Name}: {measured}, objective {(objective.Target == 0 ? "" : "at most ")}{Quantity(objective.Target, objective.Unit)}{(objective.Detail is null ? "" : $" ({objective.Detail})")}";
    }

    public static string Quantity(double value, string unit) => unit switch
    {
        "s" => FormattableString.Invariant($"{value:0.00} s"),
        "ms" => FormattableString.Invariant($"{value:0.0} ms"),
        "ratio" => FormattableString.Invariant($"{value * 100:0.##} %"),
        _ => FormattableString.Invariant($"{value:#,0}"),
    };

    private static IEnumerable<Objective> Detection(DrillRecord record)
    {
        var objectives = record.Drill.Objectives;
        var detected = record.DetectedAt - record.InjectedAt;
        if (objectives.Mttd is { } mttd)
        {
            yield return new Objective("mttd", mttd.TotalSeconds, detected?.TotalSeconds, "s", Undetected(record));
        }

        if (objectives.Signal is { } signal)
        {
            yield return new Objective("signal", signal.TotalSeconds, detected?.TotalSeconds, "s", Undetected(record));
        }

        if (record.Drill.ExpectedAlert is { } expected)
        {
            // Also where no time is promised, an expected alert that never comes, or never goes, is a miss.
            yield return new Objective("alertMissing", 0, detected is null ? 1 : 0, "count", detected is null ? $"{expected} did not reach monitoring" : null);
            var open = record.Alerts.Any(a => a.Name == expected && a.ResolvedAt is null);
            yield return new Objective("alertUnresolved", 0, open ? 1 : 0, "count", open ? $"{expected} still fires" : null);
        }

        if (objectives.Mttr is { } mttr)
        {
            var recovered = record.RecoveredAt - record.InjectedAt;
            yield return new Objective("mttr", mttr.TotalSeconds, recovered?.TotalSeconds, "s", recovered is null ? "users were not served again within the drill" : null);
        }
    }

    private static string? Undetected(DrillRecord record) => record.DetectedAt is null ? $"{record.Drill.ExpectedAlert} did not reach monitoring" : null;

    private static IEnumerable<Objective> Users(DrillRecord record)
    {
        var objectives = record.Drill.Objectives;
        var traffic = record.Traffic;
        if (objectives.FailedRatio is { } ratio)
        {
            yield return new Objective("failedRatio", (double)ratio, traffic?.Total > 0 ? traffic.FailedRatio : null, "ratio", traffic is null ? "no summary of the traffic" : FormattableString.Invariant($"{traffic.Failed:#,0} of {traffic.Total:#,0} requests"));
        }

        foreach (var (name, target, measured) in new[]
        {
            ("p50", objectives.P50, traffic?.LatencyMs.P50),
            ("p95", objectives.P95, traffic?.LatencyMs.P95),
            ("p99", objectives.P99, traffic?.LatencyMs.P99),
        })
        {
            if (target is { } bound)
            {
                yield return new Objective(name, bound.TotalMilliseconds, measured, "ms");
            }
        }
    }

    private static IEnumerable<Objective> Ledger(DrillRecord record)
    {
        var objectives = record.Drill.Objectives;
        var ledger = record.Ledger;
        var why = ledger is null ? "the ledger could not be verified" : null;
        yield return new Objective("lost", objectives.Lost, ledger?.Lost, "count", why);
        yield return new Objective("duplicated", objectives.Duplicated, ledger?.Duplicated, "count", why);
        yield return new Objective("stale", objectives.Stale, ledger?.Stale, "count", why);
    }

    private static IEnumerable<Objective> Alerts(DrillRecord record)
    {
        var drill = record.Drill;
        var unexpected = record.Alerts.Where(a => a.Name != drill.ExpectedAlert && !drill.Objectives.AlertsAllowed.Contains(a.Name)).ToList();
        yield return Count("unexpectedAlerts", unexpected);
        if (!drill.UsersNotice)
        {
            // Not even an allowed one: "users notice nothing" is the promise of this drill.
            yield return Count("usersSloAlerts", [.. record.Alerts.Where(a => a.ConcernsUsers)]);
        }
    }

    private static Objective Count(string name, List<DrillAlert> alerts) =>
        new(name, 0, alerts.Count, "count", alerts.Count == 0 ? null : string.Join(", ", alerts.Select(a => a.Name).Distinct()));
}
