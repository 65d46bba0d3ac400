using Back2Code.Lab.Supervision;
using Back2Code.UnitTests.Drills;

namespace Back2Code.UnitTests.Supervision;

public sealed class OperatorControlsTests
{
    [Theory]
    [InlineData("set server notes/notes-1 state drain", "drain", "notes-1")]
    [InlineData("set server notes/notes-1 state maint", "maint", "notes-1")]
    [InlineData("set server notes/notes-1 state ready", null, null)]
    [InlineData("set server notes/notes-1 weight 20", null, null)]
    [InlineData("show stat", null, null)]
    public void Only_what_takes_a_server_out_is_a_control_to_note(string command, string? kind, string? server)
    {
        var taken = OperatorControls.TakenOut(command);

        Assert.Equal((kind, server), (taken?.Kind, taken?.Server));
    }

    [Fact]
    public void They_are_listed_in_order_with_their_times_and_are_bounded()
    {
        var clock = new SimulatedTime();
        var controls = new OperatorControls(clock);
        for (var n = 0; n < 1_005; n++)
        {
            controls.Add("restart", FormattableString.Invariant($"p{n}"), wasReady: n % 2 == 0);
        }

        var list = controls.List();
        Assert.Equal(1_000, list.Count);
        Assert.Equal(new OperatorControl(clock.GetUtcNow(), "restart", "p5", WasReady: false), list[0]);
        Assert.Equal("p1004", list[^1].Target);
    }
}
