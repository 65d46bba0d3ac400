namespace Back2Code.Lab.Statistics;

/// <summary>Which of several choices are worth having: those that no other one beats (V. Pareto, 1906; Kung, Luccio and Preparata, "On finding the maxima of a set of vectors", 1975).</summary>
public static class ParetoSet
{
    /// <summary>Indices of the choices that are not dominated, in their order. One dominates another when it is nowhere worse and somewhere better.</summary>
    /// <param name="choices">Of each, its costs: less is better in every one. All have equally many.</param>
    public static IReadOnlyList<int> Of(IReadOnlyList<IReadOnlyList<double>> choices) =>
        [.. Enumerable.Range(0, choices.Count).Where(i => !choices.Any(other => Dominates(other, choices[i])))];

    private static bool Dominates(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        var better = false;
        for (var i = 0; i < one.Count; i++)
        {
            if (!(one[i] <= other[i]))
            {
                return false;
            }

            better |= one[i] < other[i];
        }

        return better;
    }
}
