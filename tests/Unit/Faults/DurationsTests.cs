using Back2Code.Chaos.Faults;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Faults;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("3s", 3_000)]
    [InlineData("0.5s", 500)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1h2m3s4ms", 3_723_004)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, long milliseconds)
    {
        bool read = Durations.TryParse(text, out var value);

        Assert.True(read);
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("s")]
    [InlineData("3 s")]
    [InlineData("-3s")]
    [InlineData("3d")]
    [InlineData("3S")]
    [InlineData("1.2.3s")]
    [InlineData(".s")]
    [InlineData("1s2")]
    [InlineData("99999999999999999999s")]
    [InlineData("1000000000h")]
    public void What_is_no_duration_is_refused(string? text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void Formatting_and_reading_give_the_value_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>(),
        milliseconds =>
        {
            var value = TimeSpan.FromMilliseconds(milliseconds.Get);
            return Durations.TryParse(Durations.Format(value), out var back) && back == value;
        }).QuickCheckThrowOnFailure();
}
