using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Back2Code.Data;

/// <summary>One forward-only script, embedded as <c>…Migrations.NNNN_name.sql</c>.</summary>
internal sealed partial record Migration(string Set, int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with line ends as LF: a checkout that changes line ends changes no migration.</summary>
    public string Checksum { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Version:0000}_{Name}.sql");

    /// <summary>The scripts of one assembly, in order.</summary>
    public static IReadOnlyList<Migration> Load(Assembly assembly, string set)
    {
        var migrations = new List<Migration>();
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (FilePattern().Match(resource) is not { Success: true } match)
            {
                continue;
            }

            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            int version = int.Parse(match.Groups["version"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            migrations.Add(new Migration(set, version, match.Groups["name"].Value, reader.ReadToEnd()));
        }

        migrations.Sort(static (a, b) => a.Version.CompareTo(b.Version));
        for (int i = 1; i < migrations.Count; i++)
        {
            if (migrations[i].Version == migrations[i - 1].Version)
            {
                throw new MigrationException($"{assembly.GetName().Name} holds two migrations numbered {migrations[i].Version}: {migrations[i - 1].FileName} and {migrations[i].FileName}. Renumber the one not yet released.");
            }
        }

        return migrations;
    }

    [GeneratedRegex(@"\.Migrations\.(?<version>[0-9]{4})_(?<name>[a-z0-9_]+)\.sql$")]
    private static partial Regex FilePattern();
}
