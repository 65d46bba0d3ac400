using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.UnitTests.Faults;

public sealed class ProcessStatTests
{
    [Fact]
    public void A_command_may_hold_spaces_and_parentheses()
    {
        var stat = ProcessStat.Parse("42 (a) Z 1 (b) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2 3");

        Assert.Equal(new ProcessStat('S', 7, 123456, ProcessorTicks: 11, Nice: 0), stat);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 (sh")]
    [InlineData("42 (sh) S 7")]
    public void Half_a_line_is_no_answer(string line) => Assert.Null(ProcessStat.Parse(line));

    [Fact]
    public void This_process_is_found_as_it_runs()
    {
        var self = LinuxProcess.Find(Environment.ProcessId);

        Assert.NotNull(self);
        Assert.False(self.IsGone);
        Assert.False(self.IsStopped);
        Assert.True((self with { StartTicks = self.StartTicks + 1 }).IsGone);
    }
}
