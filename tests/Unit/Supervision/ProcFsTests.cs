using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.UnitTests.Supervision;

public sealed class ProcFsTests
{
    [Fact]
    public void A_process_is_known_by_pid_and_start_time_together()
    {
        var self = ProcFs.Stat(Environment.ProcessId)!;

        Assert.True(ProcFs.IsAlive(self.Pid, self.StartTime));
        Assert.False(ProcFs.IsAlive(self.Pid, self.StartTime + 1));
    }

    [Fact]
    public void A_signal_for_an_earlier_process_with_the_same_pid_is_not_sent()
    {
        var self = ProcFs.Stat(Environment.ProcessId)!;

        Assert.False(Posix.Signal(self.Pid, self.StartTime - 1, 9));
    }

    [Theory]
    [InlineData("SigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n", true)]
    [InlineData("SigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n", true)]
    [InlineData("SigPnd:\t0000000000000200\nShdPnd:\t0000000000004000\nSigBlk:\t0000000000000100\n", false)]
    public void A_process_with_a_pending_SIGKILL_is_killed_although_it_still_lives(string status, bool killed) => Assert.Equal(killed, ProcFs.IsKilled(status));

    [Fact]
    public void Whoever_lives_on_is_not_ending_and_whoever_is_gone_is()
    {
        using var other = System.Diagnostics.Process.Start("sleep", ["1000"]);
        var before = ProcFs.IsEnding(other.Id);

        other.Kill();
        var killed = ProcFs.IsEnding(other.Id) || ProcFs.Stat(other.Id) is null or { State: 'Z' or 'X' };
        other.WaitForExit();

        Assert.False(before);
        Assert.False(ProcFs.IsEnding(Environment.ProcessId));
        Assert.True(killed);
        Assert.True(ProcFs.IsEnding(other.Id));
    }

    [Fact]
    public void A_process_that_is_not_there_is_null_and_not_an_exception()
    {
        // One past the largest pid that Linux gives out.
        const int Nobody = (1 << 22) + 1;

        Assert.Null(ProcFs.Stat(Nobody));
        Assert.Null(ProcFs.WorkingDirectory(Nobody));
        Assert.Null(ProcFs.PssBytes(Nobody));
        Assert.False(ProcFs.HasEnvironment(Nobody, "A=B"));
    }

    [Fact]
    public void Memory_is_the_proportional_set_size()
    {
        Assert.InRange(ProcFs.PssBytes(Environment.ProcessId)!.Value, 1 << 20, 4L << 30);
    }

    [Fact]
    public void A_real_path_has_no_links_in_it()
    {
        var folder = Directory.CreateTempSubdirectory("b2c-test-");
        try
        {
            var target = folder.CreateSubdirectory("a/b");
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "link"), "a");

            Assert.Equal(target.FullName, RealPath.Of(Path.Combine(folder.FullName, "link", "b")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
