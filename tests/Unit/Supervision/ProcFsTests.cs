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
