namespace Back2Code.Chaos.Proxy;

/// <summary>
/// Random sources derived from the seed of the server, so that each connection's draws depend on its number and not on the order in which threads run.
/// </summary>
internal static class Seeds
{
    public static ulong Of(string text)
    {
        // FNV-1a: string.GetHashCode differs from one process to the next.
        ulong hash = 14695981039346656037;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash;
    }

    public static ulong Combine(ulong seed, ulong part)
    {
        // The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs.
        ulong z = seed + (0x9E3779B97F4A7C15 * (part + 1));
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public static Random CreateRandom(ulong seed) => new(unchecked((int)(seed ^ (seed >> 32))));
}
