using Back2Code.Monitoring.Health;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Monitoring.Health;

public sealed class HealthBoardTests
{
    private readonly HealthBoard _board = new(new ManualTime());

    [Fact]
    public void Findings_that_share_a_name_are_all_told()
    {
        Publish(("site.pem", HealthState.Ok), ("site.pem", HealthState.Critical), ("site.pem (2)", HealthState.Ok), ("site.pem", HealthState.Warning));

        Assert.Equal(
            [("site.pem", HealthState.Ok), ("site.pem (2)", HealthState.Ok), ("site.pem (3)", HealthState.Critical), ("site.pem (4)", HealthState.Warning)],
            _board.All.Select(s => (s.Finding.Target, s.State)));
    }

    [Fact]
    public void Of_more_than_the_page_holds_the_worst_are_kept_whatever_they_are_called()
    {
        Publish([.. Enumerable.Range(0, 2 * HealthBoard.MaximumTargets).Select(i => ("queue", i == 70 ? HealthState.Critical : HealthState.Ok))]);

        Assert.Equal((HealthBoard.MaximumTargets, HealthState.Critical), (_board.All.Count, _board.Overall));
    }

    [Fact]
    public void What_shares_a_name_and_does_not_change_is_no_news()
    {
        Publish(("a", HealthState.Ok), ("a", HealthState.Critical));

        Assert.Empty(Publish(("a", HealthState.Ok), ("a", HealthState.Critical)));
    }

    private IReadOnlyList<HealthChange> Publish(params (string Target, HealthState State)[] findings) =>
        _board.Publish(new Check(), [.. findings.Select(f => new Finding(f.Target, f.State, "found", []))], TimeSpan.Zero);

    private sealed class Check : IPlatformCheck
    {
        public string Name => "check";

        public string Title => "Check";

        public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
