namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>Collects the entries of one map and watches over repeated keys, in constant time each: a hostile file may have a hundred thousand.</summary>
internal sealed class MappingEntries(bool lastKeyWins)
{
    private readonly Dictionary<string, int> _positions = [];
    private readonly List<MappingEntry> _entries = [];

    public IReadOnlyList<MappingEntry> InOrder => _entries;

    public bool Has(string key) => _positions.ContainsKey(key);

    /// <exception cref="DocumentFormatException">The key is there already, and that is an error.</exception>
    public void Add(MappingEntry entry)
    {
        if (_positions.TryAdd(entry.Key, _entries.Count))
        {
            _entries.Add(entry);
            return;
        }

        // Python silently takes the last one; a fault that is silently not injected is worse than an error.
        if (!lastKeyWins)
        {
            throw new DocumentFormatException($"key '{entry.Key}' is given twice in one map", entry.Line, entry.Column);
        }

        _entries[_positions[entry.Key]] = entry;
    }
}
