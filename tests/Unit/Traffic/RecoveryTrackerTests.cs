using Back2Code.Lab.Traffic;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Traffic;

public sealed class RecoveryTrackerTests
{
    [Fact]
    public void Nothing_failed_nothing_recovered()
    {
        var recovery = After((Journey.Reads, 1, true));

        Assert.Null(recovery.FirstFailureNs);
        Assert.Null(recovery.RecoveredNs);
    }

    [Fact]
    public void A_read_that_works_does_not_recover_writes_that_fail()
    {
        var recovery = After((Journey.Creates, 1, false), (Journey.Reads, 2, true));

        Assert.Null(recovery.RecoveredNs);
    }

    [Fact]
    public void The_last_journey_to_work_again_recovers_the_run()
    {
        var recovery = After(
            (Journey.Creates, 1, false), (Journey.Replaces, 2, false), (Journey.Reads, 3, true), (Journey.Creates, 4, true), (Journey.Creates, 5, true), (Journey.Replaces, 6, true), (Journey.Replaces, 7, true));

        Assert.Equal((1, 2, 6), (recovery.FirstFailureNs!.Value, recovery.LastFailureNs!.Value, recovery.RecoveredNs!.Value));
    }

    [Fact]
    public void A_relapse_takes_recovery_back()
    {
        var recovery = After((Journey.Creates, 1, false), (Journey.Creates, 2, true), (Journey.Creates, 3, false), (Journey.Creates, 4, true));

        Assert.Equal(4, recovery.RecoveredNs);
    }

    [Fact]
    public void After_recovery_nothing_failed_and_before_it_something_had_not_worked_yet() =>
        Prop.ForAll(Gen.Choose(0, 2).Zip(Gen.Choose(0, 3)).ListOf().ToArbitrary(), draws =>
        {
            (Journey Journey, long At, bool Ok)[] requests = [.. draws.Select((d, i) => ((Journey)d.Item1, (long)i, d.Item2 > 0))];
            long? recovered = After(requests).RecoveredNs;

            var failed = requests.Where(r => !r.Ok).Select(r => r.Journey).Distinct().ToArray();
            bool everyOneWorksAgain = failed.All(j => requests.Last(r => r.Journey == j).Ok);
            return recovered is null
                ? failed.Length == 0 || !everyOneWorksAgain
                : requests.Where(r => r.At >= recovered).All(r => r.Ok) && failed.All(j => requests.Any(r => r.Journey == j && r.Ok && r.At <= recovered && requests.All(f => f.Journey != j || f.Ok || f.At < r.At)));
        }).QuickCheckThrowOnFailure();

    private static RecoveryTracker After(params (Journey Journey, long At, bool Ok)[] requests)
    {
        var recovery = new RecoveryTracker();
        foreach (var (journey, at, ok) in requests)
        {
            recovery.Add(journey, at, ok);
        }

        return recovery;
    }
}
