namespace Back2Code.Lab.Drills.Actions;

/// <summary>An action item of an incident, as monitoring has it.</summary>
/// <param name="Type">prevent, mitigate, detect, process or other.</param>
public sealed record ActionItem(int Number, string Title, string Type, string Owner, bool Done);

/// <summary>What a drill measured in the incident; a null is not known.</summary>
public sealed record MeasuredIncident(double? Mttd, double? Signal, double? Mttr, double? FailedRatio, double? Budget, double? P50Ms, double? P95Ms, double? P99Ms, int? Incidents, int? Pages)
{
    public static readonly MeasuredIncident Unknown = new(null, null, null, null, null, null, null, null, null, null);

    internal double? Of(string objective) => objective switch
    {
        "mttd" => Mttd,
        "signal" => Signal,
        "mttr" => Mttr,
        "failedRatio" => FailedRatio,
        "budget" => Budget,
        "p50" => P50Ms,
        "p95" => P95Ms,
        "p99" => P99Ms,
        "incidents" => Incidents,
        "pages" => Pages,
        _ => null,
    };
}

/// <summary>The drill that shows whether an action item is done: it misses an objective before, and meets all of them after.</summary>
/// <param name="Promises">Empty when no drill can show it.</param>
/// <param name="Why">In words: where the promise comes from, or why there is none.</param>
public sealed record ActionDrill(ActionItem Item, IReadOnlyList<ActionPromise> Promises, string Why);

/// <summary>
/// Turns action items into drills. What an item promises is taken from its title, where it says so (<c>mttr &lt;= 8s</c>). Where it does not, half of what was
/// measured is proposed and called a proposal: an item that promises nothing measurable cannot be shown to be done. A promise that the platform keeps already
/// makes no drill, because it would pass before anything is done.
/// </summary>
public static class ActionDrills
{
    /// <param name="drill">The one that made the incident.</param>
    public static IReadOnlyList<ActionDrill> Of(Drill drill, MeasuredIncident measured, IEnumerable<ActionItem> items) => [.. items.Select(item => Of(drill, measured, item))];

    private static ActionDrill Of(Drill drill, MeasuredIncident measured, ActionItem item)
    {
        var written = ActionPromise.In(item.Title);
        if (written.FirstOrDefault(p => !Fits(drill, p.Objective)) is { } unfit)
        {
            return new ActionDrill(item, [], $"it promises {unfit.Objective}, which {drill.Name} cannot have: {(drill.UsersNotice ? "users notice it, so it has mttd and mttr" : "users notice nothing, so it has 'signal' only")}");
        }

        var promises = written.Count > 0 ? written : Propose(drill, measured, item.Type) is { } proposal ? [proposal] : [];
        if (promises.Count == 0)
        {
            return new ActionDrill(item, [], WhyNone(drill, item));
        }

        if (promises.Where(p => measured.Of(p.Objective) is { } today && today <= p.Bound).ToList() is { Count: > 0 } kept && kept.Count == promises.Count)
        {
            return new ActionDrill(item, [], FormattableString.Invariant($"it promises {string.Join(", ", kept.Select(p => $"{p.Objective} at most {p.Text}"))}, and the incident kept that: a drill would pass before anything is done"));
        }

        var unknown = promises.Where(p => measured.Of(p.Objective) is null).Select(p => p.Objective).ToList();
        return new ActionDrill(item, promises, (written.Count > 0
            ? "as its title promises"
            : FormattableString.Invariant($"a proposal, since its title promises nothing: half of the {measured.Of(promises[0].Objective):0.#####} measured (after the end of the fault, for mttr). Put your own in its place"))
            + (unknown.Count > 0 ? $"; what {string.Join(" and ", unknown)} is today is not known, so run it before you begin: it must fail" : ""));
    }

    private static ActionPromise? Propose(Drill drill, MeasuredIncident measured, string type) => (type, drill.UsersNotice) switch
    {
        ("detect", true) when measured.Mttd is { } mttd => ActionPromise.OfSeconds("mttd", mttd / 2, assumed: true),
        ("detect", false) when measured.Signal is { } signal => ActionPromise.OfSeconds("signal", signal / 2, assumed: true),
        ("mitigate", true) when measured.Mttr is { } mttr => ActionPromise.OfSeconds("mttr", Halfway(drill, mttr), assumed: true),
        ("prevent", true) when measured.Budget is > 0 => ActionPromise.OfShare("budget", measured.Budget.Value / 2, assumed: true),
        _ => null,
    };

    /// <summary>While a fault stands, only prevention helps; what comes after its end can be shortened.</summary>
    private static double Halfway(Drill drill, double mttr)
    {
        var ends = drill.Faults.Count == 0 ? 0 : drill.Faults.Max(f => (f.Due.Last() + f.Stands).TotalSeconds);
        return mttr > ends ? ends + ((mttr - ends) / 2) : mttr / 2;
    }

    private static bool Fits(Drill drill, string objective) => objective switch
    {
        "mttd" or "mttr" => drill.UsersNotice,
        "signal" => !drill.UsersNotice,
        _ => true,
    };

    private static string WhyNone(Drill drill, ActionItem item) => item.Type switch
    {
        "process" or "other" => $"type '{item.Type}', and its title promises no figure: no drill can show whether that is done",
        "prevent" or "mitigate" when !drill.UsersNotice => $"users notice nothing of {drill.Name} as it is; promise a figure in its title, such as signal <= 2s",
        _ => "neither its title nor a report of the drill has a figure to go by; promise one in its title, such as mttr <= 8s, or name the drill's report with --report DIR",
    };
}
