using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// What <c>--no-validation</c> can let through. A run that silently left out an activity, or a probe that lost its tolerance, would pass for a good one, so
/// such files stay invalid.
/// </summary>
internal static class Unvalidated
{
    /// <summary>Whether everything that the file lists could be read, however wrong its details are.</summary>
    public static bool IsWhole(Experiment experiment)
    {
        var root = experiment.Source;
        return experiment.Method.Count == CountOf(root.Find("method"), otherwise: -1)
            && experiment.Rollbacks.Count == CountOf(root.Find("rollbacks"), otherwise: 0)
            && IsWholeHypothesis(experiment.SteadyState, root.Find("steady-state-hypothesis"));
    }

    private static bool IsWholeHypothesis(Hypothesis? hypothesis, MappingEntry? written) => written?.Value switch
    {
        null or ScalarNode { Value: ScalarValue.Null } => true,
        MappingNode map => hypothesis is not null && hypothesis.Probes.Count == CountOf(map.Find("probes"), otherwise: 0) && hypothesis.Probes.All(static p => p.Tolerance is not null),
        _ => false,
    };

    /// <summary>Of something that is no list: a count that nothing has.</summary>
    private static int CountOf(MappingEntry? list, int otherwise) => list is null ? otherwise : list.Value is SequenceNode items ? items.Items.Count : -1;
}
