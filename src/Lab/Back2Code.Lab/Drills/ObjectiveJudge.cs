using System.IO.Enumeration;

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
        "ratio" => FormattableString.Invariant($"{value * 100:0.###} %"),
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

        if (objectives.Budget is { } budget)
        {
            yield return new Objective("budget", (double)budget, record.Budget?.BurntRatio, "ratio", record.Budget is null ? "no count of the gateway's requests" : null);
        }

        var all = Latencies("", (objectives.P50, objectives.P95, objectives.P99), traffic?.LatencyMs, "no summary of the traffic");
        var single = objectives.Latency.SelectMany(l => Latencies(
            l.Journey + " ", (l.P50, l.P95, l.P99), traffic?.ByJourney.GetValueOrDefault(l.Journey)?.LatencyMs, $"no request of the journey {l.Journey} was measured"));
        foreach (var objective in all.Concat(single))
        {
            yield return objective;
        }
    }

    private static IEnumerable<Objective> Latencies(string of, (TimeSpan? P50, TimeSpan? P95, TimeSpan? P99) bounds, Traffic.LatencyQuantiles? measured, string missing)
    {
        foreach (var (name, target, value) in new[] { ("p50", bounds.P50, measured?.P50), ("p95", bounds.P95, measured?.P95), ("p99", bounds.P99, measured?.P99) })
        {
            if (target is { } bound)
            {
                yield return new Objective(of + name, bound.TotalMilliseconds, value, "ms", value is null ? missing : null);
            }
        }
    }

    private static IEnumerable<Objective> Ledger(DrillRecord record)
    {
        var objectives = record.Drill.Objectives;
        var ledger = record.Ledger;
        yield return Of("lost", objectives.Lost, ledger?.Lost);
        yield return Of("duplicated", objectives.Duplicated, ledger?.Duplicated);
        yield return Of("stale", objectives.Stale, ledger?.Stale);

        Objective Of(string name, int target, int? measured) => ledger switch
        {
            null => new Objective(name, target, null, "count", "the ledger could not be verified"),

            // What is known to be too much is too much; with part of the ledger unread, nothing is known to be little enough.
            { Unreadable: > 0 } => new Objective(name, target, measured > target ? measured : null, "count", FormattableString.Invariant($"{ledger.Unreadable:#,0} findings open, the platform did not answer")),
            _ => new Objective(name, target, measured, "count"),
        };
    }

    private static IEnumerable<Objective> Alerts(DrillRecord record)
    {
        var drill = record.Drill;
        var objectives = drill.Objectives;
        yield return Count("unexpectedAlerts", [.. record.Alerts.Where(a => a.Name != drill.ExpectedAlert && !Matches(objectives.AlertsAllowed, a))]);
        if (objectives.AlertsForbidden.Count > 0)
        {
            yield return Count("forbiddenAlerts", [.. record.Alerts.Where(a => Matches(objectives.AlertsForbidden, a))]);
        }

        if (!drill.UsersNotice)
        {
            // Not even an allowed one: "users notice nothing" is the promise of this drill.
            yield return Count("usersSloAlerts", [.. record.Alerts.Where(a => a.ConcernsUsers)]);
        }

        if (objectives.Incidents is { } incidents)
        {
            yield return Incidents("incidents", incidents, [.. record.Alerts.Where(a => a.IncidentId is not null)]);
        }

        if (objectives.Pages is { } pages)
        {
            yield return new Objective(
                "pages",
                pages,
                record.Pages?.Count,
                "count",
                record.Pages switch
                {
                    null => "monitoring's log of pages could not be read",
                    [] => null,
                    { } sent => string.Join("; ", sent.Select(p => $"\"{p.Title}\" for {string.Join(", ", p.Alerts)}")),
                });
        }
    }

    private static bool Matches(IReadOnlyList<string> patterns, DrillAlert alert) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, alert.Name, ignoreCase: false));

    private static Objective Incidents(string name, int target, List<DrillAlert> alerts)
    {
        var incidents = alerts.GroupBy(a => a.IncidentId).ToList();
        var detail = incidents.Count == 0 ? null : string.Join("; ", incidents.Select(i =>
            FormattableString.Invariant($"\"{i.First().Incident}\" with {i.Count()} firings of {string.Join(", ", i.Select(a => a.Name).Distinct())}")));
        return new Objective(name, target, incidents.Count, "count", detail);
    }

    private static Objective Count(string name, List<DrillAlert> alerts) =>
        new(name, 0, alerts.Count, "count", alerts.Count == 0 ? null : string.Join(", ", alerts.Select(a => a.Name).Distinct()));
}
