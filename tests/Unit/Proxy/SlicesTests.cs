using Back2Code.Chaos.Proxy.Toxics;

namespace Back2Code.UnitTests.Proxy;

public sealed class SlicesTests
{
    [Theory]
    [InlineData(1_024, 100, new[] { 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64 })]
    [InlineData(100, 100, new[] { 100 })]
    [InlineData(101, 100, new[] { 50, 51 })]
    [InlineData(3, 1, new[] { 1, 1, 1 })]
    [InlineData(0, 1, new int[0])]
    public void Without_variation_a_length_is_halved_until_it_is_no_longer_than_the_average(int length, int average, int[] pieces) =>
        Assert.Equal(pieces, Cut(new Slices(average, 0, new Random(1)), length));

    [Fact]
    public void Pieces_are_in_order_lose_nothing_and_are_never_empty_nor_too_long()
    {
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++)
        {
            int average = random.Next(1, 400);
            int variation = random.Next(average);
            int length = random.Next(1, 70_000);
            var slices = new Slices(average, variation, random);

            var pieces = Cut(slices, length);

            Assert.Equal(length, pieces.Sum());
            Assert.All(pieces, p => Assert.InRange(p, 1, average + variation));
            Assert.Equal(5, Cut(slices, 5).Sum());
        }
    }

    private static List<int> Cut(Slices slices, int length)
    {
        List<int> pieces = [];
        slices.Begin(length);
        while (slices.TryNext(out int offset, out int piece))
        {
            Assert.Equal(pieces.Sum(), offset);
            pieces.Add(piece);
        }

        return pieces;
    }
}
