using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.GameDays;

/// <summary>
/// What will be broken and when, fixed before the game day begins. Its SHA-256 is printed at the start and the text itself at the end, so that nobody can say
/// afterwards that the fault was another one. A random nonce keeps the hash from being guessed by hashing every possible plan.
/// </summary>
/// <param name="Minutes">Length of the whole game day.</param>
public sealed record GameDayPlan(int Seed, string Nonce, int Minutes, IReadOnlyList<GameDayRound> Rounds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The same seed and the same drills give the same rounds; only the nonce differs.</summary>
    /// <exception cref="ArgumentException">There are fewer drills than faults.</exception>
    public static GameDayPlan Draw(IReadOnlyList<Drill> drills, int faults, int minutes, bool noise, int seed)
    {
        var fit = drills.Where(d => d.GameDay is not null && d.Faults.Count > 0).OrderBy(d => d.Name, StringComparer.Ordinal).ToList();
        if (fit.Count < faults)
        {
            throw new ArgumentException($"{faults} faults are asked for, and {fit.Count} drills are fit for a game day.", nameof(faults));
        }

        // Reproducible on purpose: a game day can be played again. What must not be guessed is the nonce.
        var random = new Random(seed);
        var drawn = fit.ToArray();
        random.Shuffle(drawn);
        var window = TimeSpan.FromMinutes((double)minutes / faults);
        return new GameDayPlan(seed, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), minutes, [.. drawn.Take(faults).Select(drill => new GameDayRound
        {
            Drill = drill.Name,
            Faults = [.. drill.Faults.Select(f => $"{f.Type} on {f.Target}")],
            InjectAfterSeconds = Math.Round(window.TotalSeconds * (0.05 + (0.25 * random.NextDouble())), 1),
            WindowSeconds = Math.Round(window.TotalSeconds, 1),
            NoiseAfterSeconds = noise ? Math.Round(window.TotalSeconds * 0.5 * random.NextDouble(), 1) : null,
            Noise = noise ? GameDayNoise.Kinds[random.Next(GameDayNoise.Kinds.Count)].Key : null,
        })]);
    }

    /// <summary>The sealed text.</summary>
    public string Text() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>SHA-256 of <see cref="Text"/> in UTF-8, hexadecimal: what <c>sha256sum</c> prints for the revealed file.</summary>
    public string Commitment() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text())));
}

/// <summary>One hidden fault.</summary>
public sealed record GameDayRound
{
    public required string Drill { get; init; }

    public required IReadOnlyList<string> Faults { get; init; }

    /// <summary>From the beginning of its window.</summary>
    public required double InjectAfterSeconds { get; init; }

    /// <summary>How long the operator has at most, from the beginning of the window.</summary>
    public required double WindowSeconds { get; init; }

    /// <summary>When something harmless happens besides; null without noise.</summary>
    public double? NoiseAfterSeconds { get; init; }

    /// <summary>What; one of <see cref="GameDayNoise.Kinds"/>.</summary>
    public string? Noise { get; init; }
}
