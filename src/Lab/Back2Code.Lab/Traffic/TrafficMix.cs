using System.Globalization;

namespace Back2Code.Lab.Traffic;

/// <summary>What one request does. Lower-case names are the keys of <c>--mix</c> and of <c>byJourney</c>.</summary>
public enum Journey
{
    Reads,
    Lists,
    Creates,
    Replaces,
    Deletes,
}

/// <summary>Weights of the journeys; only their ratio matters.</summary>
public sealed class TrafficMix
{
    public static readonly IReadOnlyList<Journey> All = [Journey.Reads, Journey.Lists, Journey.Creates, Journey.Replaces, Journey.Deletes];

    /// <summary>Mostly reads, as a notes application has; deletes are few but there, because a deleted note that comes back is data loss too.</summary>
    public static readonly TrafficMix Default = Parse("reads=60,lists=10,creates=20,replaces=10,deletes=1");

    private readonly double[] _weights;
    private readonly double[] _cumulative;

    private TrafficMix(double[] weights)
    {
        _weights = weights;
        _cumulative = new double[weights.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            _cumulative[i] = sum;
        }
    }

    public static string Name(Journey journey) => journey switch
    {
        Journey.Reads => "reads",
        Journey.Lists => "lists",
        Journey.Creates => "creates",
        Journey.Replaces => "replaces",
        _ => "deletes",
    };

    /// <exception cref="FormatException">The message says what is wrong and what is known.</exception>
    public static TrafficMix Parse(string text)
    {
        double[] weights = new double[All.Count];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            int journey = All.ToList().FindIndex(j => Name(j) == pair[0]);
            if (journey < 0)
            {
                throw new FormatException($"'{pair[0]}' is no journey; known are {string.Join(", ", All.Select(Name))}.");
            }

            if (pair.Length < 2 || !double.TryParse(pair[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weights[journey]) || weights[journey] > 1e6)
            {
                throw new FormatException($"'{part}' needs a weight from 0 to 1000000, for example {pair[0]}=10.");
            }
        }

        return weights.Sum() > 0 ? new TrafficMix(weights) : throw new FormatException("At least one journey needs a weight above 0, for example reads=60,creates=20.");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Join(',', All.Select((journey, i) => string.Create(CultureInfo.InvariantCulture, $"{Name(journey)}={_weights[i]}")));

    /// <param name="draw">Uniform in [0, 1).</param>
    public Journey Pick(double draw)
    {
        double point = draw * _cumulative[^1];
        for (int i = 0; i < _cumulative.Length; i++)
        {
            if (point < _cumulative[i])
            {
                return All[i];
            }
        }

        // Rounding can only bring the point up to the total; the last journey that has a weight owns it.
        return All[Array.IndexOf(_cumulative, _cumulative[^1])];
    }
}
