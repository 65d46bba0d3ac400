using System.Text;
using Back2Code.Monitoring.Notifying;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>The bounds of logs, in size and age.</summary>
public sealed class JsonLinesFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-log-").FullName;
    private readonly ManualTime _time = new();

    private string Log => Path.Combine(_folder, "alerts.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_full_log_is_rotated_and_the_oldest_file_deleted()
    {
        using var log = new JsonLinesFile(Log, new RetentionOptions { LogBytes = 10, LogFiles = 3 }, _time);

        foreach (string line in (string[])["first", "second", "third", "fourth"])
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await log.AppendAsync(Encoding.UTF8.GetBytes(line + "\n"), default);
        }

        Assert.Equal(["fourth\n", "second\n", "third\n"], Directory.GetFiles(_folder).Order(StringComparer.Ordinal).Select(File.ReadAllText));
        Assert.Equal("alerts.jsonl.20260101T000003000Z", Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).ElementAt(1));
    }

    [Fact]
    public async Task A_batch_that_fits_is_appended_and_one_that_never_would_gets_a_file_of_its_own()
    {
        using var log = new JsonLinesFile(Log, new RetentionOptions { LogBytes = 10, LogFiles = 3 }, _time);

        await log.AppendAsync("1234\n"u8.ToArray(), default);
        await log.AppendAsync("5678\n"u8.ToArray(), default);
        await log.AppendAsync("a storm of alerts\n"u8.ToArray(), default);

        Assert.Equal(["a storm of alerts\n", "1234\n5678\n"], Directory.GetFiles(_folder).Order(StringComparer.Ordinal).Select(File.ReadAllText));
    }

    [Fact]
    public async Task What_is_older_than_its_time_goes_although_nothing_is_written()
    {
        var bounds = new RetentionOptions { LogFor = TimeSpan.FromDays(80), LogFiles = 8 };
        using var log = new JsonLinesFile(Log, bounds, _time);
        await log.AppendAsync("old\n"u8.ToArray(), default);
        var written = new DateTimeOffset(File.GetCreationTimeUtc(Log));
        var seen = new List<string[]>();
        foreach (int days in (int[])[9, 11, 82])
        {
            _time.Advance(written.AddDays(days) - _time.GetUtcNow());
            await log.TrimAsync(default);
            seen.Add([.. Directory.GetFiles(_folder).Select(f => Path.GetFileName(f).Split('.').Length > 2 ? "rotated" : "present")]);
        }

        Assert.Equal([["present"], ["rotated"], []], seen);
    }

    [Fact]
    public async Task Other_files_in_the_folder_are_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder, "alerts.jsonl.gz"), "x");
        File.WriteAllText(Path.Combine(_folder, "pager.jsonl.20200101T000000000Z"), "x");
        using var log = new JsonLinesFile(Log, new RetentionOptions { LogBytes = 1, LogFiles = 2 }, _time);

        for (int i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await log.AppendAsync("line\n"u8.ToArray(), default);
        }

        Assert.Equal(4, Directory.GetFiles(_folder).Length);
    }
}
