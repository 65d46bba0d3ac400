using Microsoft.Extensions.Configuration;

namespace Back2Code.Secrets;

/// <summary>One place of secrets as a part of the configuration. Values are replaced as a whole, and only when one of them changed.</summary>
internal abstract class SecretSource : ConfigurationProvider, IConfigurationSource
{
    /// <summary>For logs: what and where, without a value.</summary>
    public abstract string Name { get; }

    /// <summary>Time between looks.</summary>
    public abstract TimeSpan Interval { get; }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Looks again. What could not be read keeps its last value.</summary>
    public abstract Task<SecretReading> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Puts a reading in force and tells whoever watches the configuration.</summary>
    /// <returns>Names of the keys that changed.</returns>
    public IReadOnlyList<string> Apply(SecretReading reading)
    {
        var now = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in reading.Values)
        {
            now[key] = value;
        }

        foreach (string key in reading.Unread)
        {
            if (Data.TryGetValue(key, out string? last))
            {
                now[key] = last;
            }
        }

        string[] changed = [.. now.Keys.Union(Data.Keys, StringComparer.OrdinalIgnoreCase)
            .Where(key => !now.TryGetValue(key, out string? value) || !Data.TryGetValue(key, out string? last) || value != last)
            .Order(StringComparer.OrdinalIgnoreCase)];
        if (changed.Length > 0)
        {
            Data = now;
            OnReload();
        }

        return changed;
    }

    /// <summary><c>ConnectionStrings__Postgres</c> is the key <c>ConnectionStrings:Postgres</c>, as in the environment.</summary>
    protected static string KeyOf(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}

/// <summary>What one look found.</summary>
/// <param name="Values">By key.</param>
/// <param name="Unread">Keys that are there and could not be read.</param>
/// <param name="Problems">Why, in words without a value.</param>
internal sealed record SecretReading(IReadOnlyDictionary<string, string> Values, IReadOnlyCollection<string> Unread, IReadOnlyList<string> Problems)
{
    /// <summary>A record would print its values.</summary>
    public override string ToString() => $"{Values.Count} secrets, {Unread.Count} unread";
}
