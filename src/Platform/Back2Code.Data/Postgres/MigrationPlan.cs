namespace Back2Code.Data;

/// <summary>What a database says it has been through.</summary>
internal readonly record struct AppliedMigration(int Version, string Name, string Checksum);

/// <summary>Compares a program's scripts with a database's history. Pure.</summary>
internal static class MigrationPlan
{
    /// <returns>The scripts still to apply, in order.</returns>
    /// <exception cref="MigrationException">History and scripts contradict each other.</exception>
    public static IReadOnlyList<Migration> Pending(IReadOnlyList<Migration> scripts, IReadOnlyCollection<AppliedMigration> history)
    {
        var applied = history.ToDictionary(static entry => entry.Version);
        int newest = history.Count == 0 ? 0 : history.Max(static entry => entry.Version);
        var pending = new List<Migration>();
        foreach (var script in scripts)
        {
            if (!applied.TryGetValue(script.Version, out var entry))
            {
                if (script.Version < newest)
                {
                    throw new MigrationException($"Migration {script.FileName} ({script.Set}) is new, but {newest:0000} is applied already. Give it a number above {newest:0000}.");
                }

                pending.Add(script);
            }
            else if (entry.Checksum != script.Checksum)
            {
                throw new MigrationException($"Migration {script.FileName} ({script.Set}) was changed after it was applied: the database has checksum {Short(entry.Checksum)}, the program {Short(script.Checksum)}. Restore the applied text and write the change as a new migration.");
            }
        }

        // Versions that only the database knows are fine: an old replica runs beside a new one during a roll-out.
        return pending;
    }

    private static string Short(string checksum) => checksum[..Math.Min(12, checksum.Length)];
}
