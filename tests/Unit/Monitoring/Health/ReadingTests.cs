using System.ComponentModel.DataAnnotations;
using Back2Code.Monitoring.Health;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Monitoring.Health;

public sealed class ReadingTests
{
    [Theory]
    [InlineData(0.79, HealthState.Ok)]
    [InlineData(0.8, HealthState.Warning)]
    [InlineData(0.95, HealthState.Critical)]
    [InlineData(double.PositiveInfinity, HealthState.Critical)]
    [InlineData(double.NaN, HealthState.Unknown)]
    public void More_is_worse(double value, HealthState state) => Assert.Equal(state, new Reading("r", value, "1", 0.8, 0.95).State);

    [Theory]
    [InlineData(22, HealthState.Ok)]
    [InlineData(21, HealthState.Warning)]
    [InlineData(7, HealthState.Critical)]
    [InlineData(-3, HealthState.Critical)]
    public void Less_is_worse_when_the_critical_threshold_is_the_smaller_one(double value, HealthState state) =>
        Assert.Equal(state, new Reading("r", value, "d", 21, 7).State);

    [Fact]
    public void A_reading_without_thresholds_is_only_told() => Assert.Equal(HealthState.Ok, new Reading("r", 1e12, "By").State);

    [Fact]
    public void A_worse_value_is_never_judged_milder() =>
        Prop.ForAll((NormalFloat a, NormalFloat b) =>
        {
            var (low, high) = a.Get <= b.Get ? (a.Get, b.Get) : (b.Get, a.Get);
            return new Reading("r", high, "1", 10, 20).State >= new Reading("r", low, "1", 10, 20).State
                && new Reading("r", high, "1", 20, 10).State <= new Reading("r", low, "1", 20, 10).State;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_default_thresholds_are_in_order_and_in_range() => Assert.Empty(ErrorsOf(new HealthOptions()));

    [Fact]
    public void A_warning_that_would_never_be_seen_is_refused() =>
        Assert.Equal(
            ["CertificateDaysWarning is 5 and CertificateDaysCritical 7; the warning must come above it.", "DiskUsedWarning is 0.99 and DiskUsedCritical 0.95; the warning must come below it."],
            ErrorsOf(new HealthOptions { DiskUsedWarning = 0.99, CertificateDaysWarning = 5 }).Order());

    [Fact]
    public void Every_threshold_has_a_range()
    {
        var thresholds = typeof(HealthOptions).GetProperties().Where(p => p.PropertyType == typeof(double) || p.PropertyType == typeof(long) || p.PropertyType == typeof(int)).ToList();

        Assert.True(thresholds.Count > 20);
        Assert.All(thresholds, p => Assert.Single(p.GetCustomAttributes(typeof(RangeAttribute), inherit: false)));
    }

    [Theory]
    [InlineData(0.25, "250 ms")]
    [InlineData(5, "5 s")]
    [InlineData(600, "10 min")]
    [InlineData(90_000, "25 h")]
    [InlineData(864_000, "10 d")]
    public void Times_are_in_the_unit_that_people_would_use(double seconds, string text) => Assert.Equal(text, Amount.Seconds(seconds));

    [Fact]
    public void Amounts_read_well() =>
        Assert.Equal(["512 B", "1.5 KiB", "64 MiB", "12.5 %", "1 queue", "1,234 queues"], [Amount.Bytes(512), Amount.Bytes(1536), Amount.Bytes(64 << 20), Amount.Percent(0.125), Amount.Count(1, "queue"), Amount.Count(1234, "queue")]);

    private static IEnumerable<string?> ErrorsOf(HealthOptions options)
    {
        var errors = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), errors, validateAllProperties: true);
        return errors.Select(e => e.ErrorMessage);
    }
}
