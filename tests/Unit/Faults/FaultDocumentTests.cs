using Back2Code.Chaos.Faults;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Faults;

public sealed class FaultDocumentTests
{
    [Fact]
    public void The_document_is_what_the_catalogue_says() =>
        Assert.True(
            File.ReadAllText(Path.Combine(Repository.Root, "docs", "faults.md")) == FaultDocument.Markdown(),
            "docs/faults.md is not what the catalogue says; make it anew with: ./back2code fault list --markdown > docs/faults.md");

    [Fact]
    public void A_command_quotes_what_a_shell_would_expand() => Assert.All(FaultCatalogue.All, fault =>
    {
        string command = FaultDocument.Command(fault);
        Assert.Equal(0, command.Count(c => c == '\'') % 2);
        Assert.All(command.Split('\'').Where((_, i) => i % 2 == 0), part => Assert.DoesNotContain('*', part));
    });
}
