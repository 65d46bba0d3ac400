namespace Back2Code.Slo;

/// <summary>
/// Long windows from recorded counts: steps (what happened since the last evaluation), blocks of thirty steps, and sums of either.
/// <para>
/// A step is the difference of two readings of the counters. So it is exact to the event, and an evaluation that comes late or not at all (Prometheus was
/// restarted, or its machine so busy that rounds were left out) loses nothing: the next step goes back to the reading before. Increases over the step would
/// have lost what lies between; measured at a load of 48 on two cores, sums of them had lost 72 % of the events.
/// </para>
/// </summary>
/// <param name="file">Where the rules go.</param>
/// <param name="block">Thirty steps.</param>
internal sealed class WindowChain(RuleFile file, TimeSpan block)
{
    private const string Index = "slo:block:index";
    private const string HasBegun = "slo:block:begun";

    private static readonly KeyValuePair<string, string>[] NoLabels = [];

    // How long readings and the running block are remembered while nothing is evaluated. Then at most one block is lost, and of what happened meanwhile
    // all but the window that tells the first step.
    private readonly string _memory = PromText.Duration(block * 4);

    private string Number => $"floor(vector(time() / {PromText.Number((decimal)block.TotalSeconds)}))";

    /// <summary>Records the steps of counters.</summary>
    /// <param name="name">What is counted, for example <c>slo:total</c>.</param>
    /// <param name="witness">The same count over the longest window that is read from scrapes.</param>
    /// <param name="window">That window.</param>
    /// <param name="scope">Selector of the budgets.</param>
    /// <remarks>
    /// The sum of several counters also changes when one of them starts again, goes or comes. Then it falls, or grows by more than all of them have counted in a
    /// window many steps long; and the step is what that window has seen and no step has told yet.
    /// </remarks>
    public void Step(string name, string witness, RuleWindow window, string scope)
    {
        string reading = $"{name}:reading{scope}", before = $"last_over_time({name}:read{scope}[{_memory}])";
        string told = $"(sum_over_time({name}:step{scope}[{window.SumRange}]) or {witness} * 0)";
        file.Record(name + ":step", $"(({reading} - {before}) >= 0) <= {witness} * 1.1 + 10\nor clamp_min({witness} - {told}, 0) and {reading}", NoLabels);
        file.Record(name + ":read", name + ":reading" + scope, NoLabels);
    }

    /// <summary>Stands before all blocks: whether another has begun since the last evaluation.</summary>
    public void BlockBegin()
    {
        file.Record(HasBegun, $"{Number} != last_over_time({Index}[{_memory}])", NoLabels);
        file.Record(Index, Number, NoLabels);
    }

    /// <summary>Records the running block, and each block when the next one has begun.</summary>
    /// <param name="name">What is counted, for example <c>slo:total</c>.</param>
    /// <param name="added">What an evaluation adds.</param>
    /// <param name="scope">Selector of the budgets.</param>
    public void Block(string name, string added, string scope)
    {
        string before = $"last_over_time({name}:so_far{scope}[{_memory}])";
        file.Record(name + ":block", $"{before} and on () {HasBegun}", NoLabels);

        // Without anything to add it goes on all the same: what a metric that is gone has counted stays counted.
        file.Record(name + ":so_far", $"(({before} unless on () {HasBegun}) or {before} * 0 or {added} * 0)\n+ ({added} or {before} * 0)", NoLabels);
    }

    /// <summary>What a window holds.</summary>
    /// <param name="name">What is counted, for example <c>slo:total</c>.</param>
    /// <param name="steps">Name of its steps.</param>
    /// <param name="scope">Selector of the budgets.</param>
    /// <param name="window">A chained window.</param>
    public static string Sum(string name, string steps, string scope, RuleWindow window) => window.Source == WindowSource.Blocks
        ? $"(sum_over_time({name}:block{scope}[{window.SumRange}]) + {name}:so_far{scope} or {name}:so_far{scope})"
        : $"sum_over_time({steps}{scope}[{window.SumRange}])";
}
