namespace Back2Code.Lab.Traffic;

/// <param name="IntendedNs">When the request should leave, from the start of the run.</param>
/// <param name="Number">Counts from 0.</param>
/// <param name="User">Index of the user.</param>
/// <param name="Draw">Randomness for choices that depend on what exists by then, such as which note to read.</param>
internal readonly record struct Arrival(long IntendedNs, long Number, Journey Journey, int User, ulong Draw);

/// <summary>The open model: who asks for what and when, decided before any answer is known and never changed by one. The same seed gives the same schedule.</summary>
internal sealed class ArrivalSchedule(TrafficOptions options)
{
    private readonly Random _random = new(options.Seed);
    private readonly int _users = options.Tokens.Count;
    private double _poissonSeconds;
    private long _number;

    public Arrival Next()
    {
        double seconds = options.Arrivals == ArrivalPattern.Constant
            ? _number / options.Rate // from the number, so that rounding does not add up
            : _poissonSeconds += -Math.Log(1 - _random.NextDouble()) / options.Rate;

        var journey = options.Mix.Pick(_random.NextDouble());
        int user = _random.Next(_users);
        ulong draw = (ulong)_random.NextInt64() ^ ((ulong)_random.Next() << 40);
        return new Arrival((long)(seconds * 1e9), _number++, journey, user, draw);
    }
}
