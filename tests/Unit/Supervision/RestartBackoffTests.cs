using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

public sealed class RestartBackoffTests
{
    private static readonly RestartSpec Spec = new(true, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), Hung: null);

    [Fact]
    public void The_delay_doubles_up_to_the_cap()
    {
        var backoff = new RestartBackoff(Spec);

        var delays = Enumerable.Range(0, 5).Select(_ => backoff.AfterExit(TimeSpan.Zero).TotalMilliseconds);

        Assert.Equal([200, 400, 800, 1000, 1000], delays);
    }

    [Fact]
    public void The_delay_stays_at_the_cap_however_often_it_crashes()
    {
        var backoff = new RestartBackoff(Spec);

        var delays = Enumerable.Range(0, 200).Select(_ => backoff.AfterExit(TimeSpan.Zero)).ToList();

        Assert.Equal(Spec.Cap, delays[^1]);
        Assert.All(delays, d => Assert.InRange(d, Spec.Initial, Spec.Cap));
    }

    [Fact]
    public void The_delay_begins_anew_after_a_long_enough_life()
    {
        var backoff = new RestartBackoff(Spec);
        backoff.AfterExit(TimeSpan.Zero);
        backoff.AfterExit(TimeSpan.Zero);

        var delay = backoff.AfterExit(TimeSpan.FromSeconds(10));

        Assert.Equal(Spec.Initial, delay);
    }

    [Fact]
    public void The_delay_begins_anew_when_somebody_asks_for_the_process()
    {
        var backoff = new RestartBackoff(Spec);
        backoff.AfterExit(TimeSpan.Zero);

        backoff.Forget();

        Assert.Equal(Spec.Initial, backoff.AfterExit(TimeSpan.Zero));
    }
}
