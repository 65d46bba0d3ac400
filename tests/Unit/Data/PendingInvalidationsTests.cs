using Back2Code.Data;

namespace Back2Code.UnitTests.Data;

public sealed class PendingInvalidationsTests
{
    [Fact]
    public void The_newest_write_of_a_key_is_kept()
    {
        var pending = new PendingInvalidations(10);

        pending.Add("a", new(2, Removed: false));
        pending.Add("a", new(1, Removed: true));
        pending.Add("a", new(2, Removed: true));

        Assert.Equal([KeyValuePair.Create("a", new PendingInvalidation(2, true))], pending.Snapshot().Writes);
    }

    [Fact]
    public void A_write_that_came_while_its_predecessor_was_applied_stays()
    {
        var pending = new PendingInvalidations(10);
        pending.Add("a", new(1, Removed: false));
        pending.Add("b", new(1, Removed: false));
        var (_, applied) = pending.Snapshot();

        pending.Add("a", new(2, Removed: false));
        pending.Forget(applied);

        Assert.Equal(["a"], pending.Snapshot().Writes.Select(write => write.Key));
        Assert.True(pending.Any);
    }

    [Fact]
    public void Too_many_keys_become_one_fact()
    {
        var pending = new PendingInvalidations(2);
        pending.Add("a", new(1, Removed: false));
        pending.Add("b", new(1, Removed: false));

        pending.Add("c", new(1, Removed: false));

        var (overflowed, writes) = pending.Snapshot();
        Assert.True(overflowed);
        Assert.Empty(writes);
        Assert.Equal(0, pending.Count);
    }

    [Fact]
    public void After_an_overflow_is_dealt_with_keys_count_again()
    {
        var pending = new PendingInvalidations(1);
        pending.Add("a", new(1, Removed: false));
        pending.Add("b", new(1, Removed: false));

        pending.ForgetOverflow();
        bool anyAfter = pending.Any;
        pending.Add("c", new(1, Removed: false));

        Assert.False(anyAfter);
        Assert.Equal(1, pending.Count);
    }
}
