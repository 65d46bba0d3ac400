namespace Back2Code.Lab.Statistics;

/// <summary>
/// How likely it is that at least so many pairs point one way, were both ways equally likely: the exact two-sided sign test (J. Arbuthnot, 1710; Conover, "Practical
/// Nonparametric Statistics", 3.4). Five of five is 0.0625: with five pairs nothing can be shown at 5 % by it, with six it can.
/// </summary>
public static class SignTest
{
    /// <param name="lower">Pairs in which the second value is smaller; ties are left out.</param>
    /// <param name="higher">Pairs in which it is larger.</param>
    /// <returns>1 when there is no pair.</returns>
    public static double Of(int lower, int higher)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lower);
        ArgumentOutOfRangeException.ThrowIfNegative(higher);
        var pairs = lower + higher;
        var tail = 0.0;
        var ways = 1.0;
        for (var k = 0; k <= Math.Min(lower, higher); k++)
        {
            tail += ways;
            ways = ways * (pairs - k) / (k + 1);
        }

        return Math.Min(1, 2 * tail / Math.Pow(2, pairs));
    }
}
