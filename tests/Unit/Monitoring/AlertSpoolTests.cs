using Back2Code.Monitoring.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class AlertSpoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_record_is_there_after_the_writer_died()
    {
        using AlertSpool spool = Begin();
        SpoolRecord record = Record(1);

        spool.Append(record);

        SpoolRecord read = Reopen()[^1];
        Assert.Equal(record.Id, read.Id);
        Assert.Equal(record.ReceivedAt, read.ReceivedAt);
        Assert.Equivalent(record.Alerts, read.Alerts, strict: true);
    }

    [Fact]
    public void An_unfinished_record_is_cut_off_and_the_next_one_is_whole()
    {
        using (AlertSpool spool = Begin())
        {
            spool.Append(Record(1));
        }

        File.AppendAllText(Newest, "{\"id\":\"0000");
        using (var again = Spool())
        {
            Assert.Equal(2, again.Open().Count);
            again.Append(Record(2));
        }

        Assert.Equal(3, Reopen().Count);
    }

    [Fact]
    public void A_damaged_line_costs_only_itself()
    {
        using (AlertSpool spool = Begin())
        {
            spool.Append(Record(1));
            spool.Append(Record(2));
        }

        string[] lines = File.ReadAllLines(Newest);
        lines[1] = "damaged";
        File.WriteAllLines(Newest, lines);

        Assert.Equal([Id(0), Id(2)], Reopen().Select(r => r.Id));
    }

    [Fact]
    public void A_full_segment_makes_way_for_one_that_begins_with_a_snapshot_and_old_ones_go()
    {
        using AlertSpool spool = Begin();
        for (int i = 1; i <= 100; i++)
        {
            spool.Append(Record(i));
            if (spool.IsFull)
            {
                spool.BeginSegment(Snapshot(1_000 + i));
            }
        }

        Assert.Equal(3, Directory.GetFiles(_folder).Length);
        Assert.All(Directory.GetFiles(_folder), file => Assert.InRange(new FileInfo(file).Length, 1, 8_192));
        Assert.True(Reopen()[0].Id.CompareTo(Id(1_000)) > 0);
    }

    [Fact]
    public void A_segment_that_was_being_begun_when_the_writer_died_does_not_count()
    {
        using (AlertSpool spool = Begin())
        {
            spool.Append(Record(1));
        }

        File.WriteAllText(Newest + ".partial", "{\"id\":");

        Assert.Equal(2, Reopen().Count);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_empty_folder_is_an_empty_spool() => Assert.Empty(Reopen());

    private string Newest => Directory.GetFiles(_folder, "*.jsonl").Order(StringComparer.Ordinal).Last();

    private AlertSpool Spool() => new(_folder, segmentBytes: 4_096, segments: 3, NullLogger<AlertSpool>.Instance);

    private AlertSpool Begin()
    {
        AlertSpool spool = Spool();
        spool.Open();
        spool.BeginSegment(Snapshot(0));
        return spool;
    }

    private IReadOnlyList<SpoolRecord> Reopen()
    {
        using AlertSpool spool = Spool();
        return spool.Open();
    }

    private static SpoolRecord Record(int number) => new(Id(number), At(number), Alerts: [Firing("A", number)]);

    private static SpoolRecord Snapshot(int number) => new(Id(number), At(number), Incidents: [.. new Notifications().Tell(1, Firing("A", 0)).Book.All]);

    private static Guid Id(int number) => Guid.Parse($"00000000-0000-7000-8000-{number:D12}");
}
