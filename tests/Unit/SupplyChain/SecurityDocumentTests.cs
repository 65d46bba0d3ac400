using System.Text.RegularExpressions;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.SupplyChain;

/// <summary>The security documents name tests as evidence. Evidence that is gone must be noticed.</summary>
public sealed partial class SecurityDocumentTests
{
    private static readonly HashSet<string> Tests = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories)
        .SelectMany(file => Method().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileName(file).Split('.')[0]}.{match.Groups["name"].Value}"))];

    public static TheoryData<string> Documents => ["docs/threat-model.md", "docs/security-evidence.md"];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_test_that_a_security_document_names_exists(string document)
    {
        string[] named = [.. Reference().Matches(Read(document)).Select(match => match.Groups["name"].Value).Distinct()];

        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, name => !Tests.Contains(name));
    }

    [Fact]
    public void Every_threat_names_a_test_or_says_not_yet()
    {
        string[] threats = [.. Read("docs/threat-model.md").Split('\n').Where(line => ThreatLine().IsMatch(line))];

        Assert.True(threats.Length > 30, $"{threats.Length} lines of threats");
        Assert.All(threats, line => Assert.True(Reference().IsMatch(line) || line.TrimEnd().EndsWith("| not yet |", StringComparison.Ordinal), line));
    }

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    [GeneratedRegex("`(?<name>[A-Za-z0-9]+Tests\\.[A-Za-z0-9_]+)`")]
    private static partial Regex Reference();

    [GeneratedRegex("^\\| [STRIDE] \\|")]
    private static partial Regex ThreatLine();

    [GeneratedRegex("public (async Task|void) (?<name>[A-Za-z0-9_]+)\\(")]
    private static partial Regex Method();
}
