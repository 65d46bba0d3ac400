using Back2Code.Chaos.Proxy;

namespace Back2Code.UnitTests.Proxy;

public sealed class SeedsTests
{
    [Fact]
    public void A_seed_of_a_text_is_the_same_in_every_process() => Assert.Equal(0x54ABCEC5BAF26047UL, Seeds.Of("link-1"));

    [Fact]
    public void Neighbouring_parts_give_unrelated_draws()
    {
        double[] draws = [.. Enumerable.Range(0, 1_000).Select(i => Seeds.CreateRandom(Seeds.Combine(1, (ulong)i)).NextDouble())];

        Assert.InRange(draws.Average(), 0.45, 0.55);
        Assert.Equal(1_000, draws.Distinct().Count());
    }
}
