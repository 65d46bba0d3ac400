using System.ComponentModel.DataAnnotations;
using Back2Code.Resilience;
using Back2Code.ServiceDefaults;

namespace Back2Code.UnitTests.Edge;

public sealed class RateLimitHeadersTests
{
    [Theory]
    [InlineData(500, 1000, "\"user\";q=1000;w=2")]
    [InlineData(3, 10, "\"user\";q=10;w=4")]
    [InlineData(1000, 1, "\"user\";q=1;w=1")]
    [InlineData(0.1, 1, "\"user\";q=1;w=10")]
    public void A_policy_says_what_a_full_bucket_allows_and_how_long_it_takes_to_fill(double perSecond, int burst, string field) =>
        Assert.Equal(field, RateLimitHeaders.DescribePolicy("user", new BucketLimit(perSecond, burst)));

    [Theory]
    [InlineData(7, 0, "\"client\";r=7;t=0")]
    [InlineData(0, 1001, "\"client\";r=0;t=2")]
    public void A_level_says_what_is_left_and_when_it_is_full_again(int tokens, int untilFullMs, string field) =>
        Assert.Equal(field, RateLimitHeaders.DescribeLevel("client", new BucketLevel(tokens, TimeSpan.Zero, TimeSpan.FromMilliseconds(untilFullMs))));

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://app.example.com:8443", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://app.example.com", false)]
    [InlineData("https://app.example.com/", false)]
    [InlineData("https://App.example.com", false)]
    [InlineData("https://*.example.com", false)]
    [InlineData("https://ada@app.example.com", false)]
    [InlineData("*", false)]
    [InlineData("null", false)]
    public void An_origin_is_taken_only_as_browsers_write_it(string origin, bool valid)
    {
        var options = new CrossOriginOptions { AllowedOrigins = [origin] };

        Assert.Equal(valid, Validator.TryValidateObject(options, new ValidationContext(options), null, validateAllProperties: true));
    }
}
