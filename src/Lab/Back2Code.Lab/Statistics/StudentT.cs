namespace Back2Code.Lab.Statistics;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
public static class StudentT
{
    /// <param name="share">Between 0 and 1, for example 0.95.</param>
    /// <param name="degrees">Of freedom, at least 1.</param>
    /// <returns>The t for which the share lies between −t and t: 2.776 for 0.95 and four degrees.</returns>
    public static double Within(double share, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(share, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);

        // Bisection over the angle of t, which is bounded where t is not; 60 halvings leave less than a double can tell.
        var (low, high) = (0.0, Math.PI / 2);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = ShareWithin(middle, degrees) < share ? (middle, high) : (low, middle);
        }

        return Math.Sqrt(degrees) * Math.Tan((low + high) / 2);
    }

    /// <summary>Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4; tan(angle) is t over the root of the degrees.</summary>
    private static double ShareWithin(double angle, int degrees)
    {
        var (sine, cosine) = Math.SinCos(angle);
        var isOdd = degrees % 2 == 1;
        var term = isOdd ? cosine : 1;
        var sum = degrees == 1 ? 0 : term;
        for (var k = isOdd ? 3 : 2; k < degrees; k += 2)
        {
            term *= cosine * cosine * (k - 1) / k;
            sum += term;
        }

        return isOdd ? 2 / Math.PI * (angle + (sine * sum)) : sine * sum;
    }
}
