using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.UnitTests.Supervision;

public sealed class LogBoundsTests : IDisposable
{
    private readonly StatePaths _paths = new(Directory.CreateTempSubdirectory("b2c-test-").FullName);

    public LogBoundsTests() => Directory.CreateDirectory(_paths.Logs);

    [Fact]
    public void A_log_past_the_limit_is_kept_once_and_goes_on_from_its_beginning()
    {
        using var writer = new FileStream(_paths.LogOf("chatty"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        writer.Write(new byte[5000]);
        writer.Write("the end"u8);
        writer.Flush();

        new LogBounds(_paths, limitBytes: 1000).TrimOnce();
        File.AppendAllText(_paths.LogOf("chatty"), "next");

        Assert.Equal("next", File.ReadAllText(_paths.LogOf("chatty")));
        var kept = File.ReadAllText(_paths.LogOf("chatty") + ".1");
        Assert.Equal(1000, kept.Length);
        Assert.EndsWith("the end", kept, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_log_is_left_alone()
    {
        File.WriteAllText(_paths.LogOf("quiet"), "one line");

        new LogBounds(_paths, limitBytes: 1000).TrimOnce();

        Assert.Equal("one line", File.ReadAllText(_paths.LogOf("quiet")));
        Assert.False(File.Exists(_paths.LogOf("quiet") + ".1"));
    }

    public void Dispose() => Directory.Delete(_paths.Root, recursive: true);
}
