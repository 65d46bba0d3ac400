using Back2Code.Chaos.Faults;

namespace Back2Code.UnitTests.Faults;

public sealed class FaultCatalogueTests
{
    [Fact]
    public void The_catalogue_holds_the_faults_that_drills_and_people_name()
    {
        string[] core = ["process.kill", "process.terminate", "process.freeze", "link.latency", "link.bandwidth", "link.timeout", "link.reset", "link.down", "app.errors"];

        Assert.Subset(FaultCatalogue.All.Select(f => f.Type).ToHashSet(), core.ToHashSet());
        Assert.Equal(FaultCatalogue.All.Count, FaultCatalogue.All.Select(f => f.Type).Distinct().Count());
    }

    [Fact]
    public void An_unknown_type_is_refused_with_those_there_are()
    {
        string error = Assert.Single(FaultCatalogue.Validate("process.tickle", "notes-1", new Dictionary<string, string>(), null));

        Assert.StartsWith("There is no fault of type 'process.tickle'. Known: process.kill, ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("process.kill", "downFor", "6s")]
    [InlineData("link.bandwidth", "rate", "10")]
    [InlineData("link.timeout", "stream", "upstream")]
    [InlineData("link.reset", "toxicity", "0.25")]
    public void A_fault_in_range_is_fine(string type, string name, string value) =>
        Assert.Empty(FaultCatalogue.Validate(type, "x", new Dictionary<string, string> { [name] = value }, null));

    [Theory]
    [InlineData("process.kill", "downFor", "6", "process.kill: parameter 'downFor': '6' is not a duration; allowed: a duration from 100ms to 10m")]
    [InlineData("process.kill", "downFor", "1h", "process.kill: parameter 'downFor': 1h is out of range; allowed: a duration from 100ms to 10m")]
    [InlineData("process.kill", "down_for", "6s", "process.kill: there is no parameter 'down_for'; allowed: downFor")]
    [InlineData("process.freeze", "for", "6s", "process.freeze: there is no parameter 'for'; it takes none")]
    [InlineData("link.bandwidth", "rate", "0", "link.bandwidth: parameter 'rate': 0 is out of range; allowed: a whole number from 1 to 1000000")]
    [InlineData("link.bandwidth", "rate", "1.5", "link.bandwidth: parameter 'rate': '1.5' is not a whole number; allowed: a whole number from 1 to 1000000")]
    [InlineData("link.timeout", "stream", "sideways", "link.timeout: parameter 'stream': 'sideways' is not among them; allowed: one of downstream, upstream, both")]
    [InlineData("link.timeout", "toxicity", "2", "link.timeout: parameter 'toxicity': '2' is not such a share; allowed: a number from 0 to 1")]
    public void A_bad_parameter_is_named_with_what_is_allowed(string type, string name, string value, string error) =>
        Assert.Equal([error], FaultCatalogue.Validate(type, "x", new Dictionary<string, string> { [name] = value }, null));

    [Fact]
    public void Every_error_is_reported_at_once()
    {
        var errors = FaultCatalogue.Validate("link.latency", " ", new Dictionary<string, string> { ["jitter"] = "x", ["colour"] = "red" }, TimeSpan.Zero);

        Assert.Equal(5, errors.Count);
        Assert.Contains("link.latency: parameter 'latency' is missing; allowed: a duration from 1ms to 5m", errors);
    }

    [Theory]
    [InlineData("50", "10", null)]
    [InlineData("49", "10", "identity.credential-stuffing: a rate of 49 from 10 addresses is too low for any of them to be throttled while the receipt waits; give 50 or more")]
    public void Parameters_that_do_not_go_together_are_refused(string rate, string addresses, string? error) =>
        Assert.Equal(
            error is null ? [] : [error],
            FaultCatalogue.Validate("identity.credential-stuffing", "identity", new Dictionary<string, string> { ["rate"] = rate, ["addresses"] = addresses }, null));

    [Fact]
    public void A_fault_that_happens_once_takes_no_for()
    {
        var errors = FaultCatalogue.Validate("process.kill", "postgres", new Dictionary<string, string>(), TimeSpan.FromSeconds(1));

        Assert.Equal(["process.kill: 'for' is not allowed, since it happens once; give the parameter downFor"], errors);
    }
}
