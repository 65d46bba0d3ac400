using Back2Code.Chaos.Faults;

namespace Back2Code.UnitTests.Faults;

public sealed class TargetPatternTests
{
    private static readonly string[] Links = ["notes-2-to-postgres", "notes-1-to-postgres", "notes-1-to-redis", "notifications-to-postgres"];

    [Theory]
    [InlineData("notes-1-to-redis", "notes-1-to-redis")]
    [InlineData("notes-*-to-postgres", "notes-1-to-postgres notes-2-to-postgres")]
    [InlineData("*-to-postgres", "notes-1-to-postgres notes-2-to-postgres notifications-to-postgres")]
    public void A_pattern_finds_its_names_in_order(string pattern, string expected) =>
        Assert.Equal(expected.Split(' '), TargetPattern.Resolve(pattern, "link", Links, l => l));

    [Theory]
    [InlineData("notes-?-to-redis")]
    [InlineData("NOTES-1-to-redis")]
    [InlineData("notes-1")]
    [InlineData("")]
    public void What_matches_nothing_is_refused_with_what_there_is(string pattern)
    {
        var e = Assert.Throws<FaultException>(() => TargetPattern.Resolve(pattern, "link", Links, l => l));

        Assert.Equal(
            $"No link is called '{pattern}'. There are: notes-1-to-postgres, notes-1-to-redis, notes-2-to-postgres, notifications-to-postgres.", e.Message);
    }
}
