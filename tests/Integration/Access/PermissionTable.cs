using Back2Code.IntegrationTests.Monitoring.Health;

namespace Back2Code.IntegrationTests.Access;

/// <summary>The table of docs/security.md: every endpoint, what it needs, and who is let in.</summary>
internal static class PermissionTable
{
    public const string File = "docs/security.md";

    public const string Header = "| service | endpoint | needs | no token | viewer | analyst | operator | admin |";

    /// <summary>The rows below the header, as they are written.</summary>
    public static IReadOnlyList<string> Read() =>
        [.. System.IO.File.ReadLines(Path.Combine(Repository.Root, File)).SkipWhile(line => line != Header).Skip(2).TakeWhile(line => line.StartsWith('|'))];

    public static string Row(string service, string endpoint, string needs, IEnumerable<string> answers) =>
        $"| {service} | `{endpoint}` | {needs} | {string.Join(" | ", answers)} |";
}
