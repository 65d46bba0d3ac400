using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Back2Code.IntegrationTests.Identity.Accounts;

/// <summary>
/// That an answer takes the same time whoever exists is told by what is done for it: the same statements in the same order. A clock on a busy machine would tell less.
/// </summary>
[Collection(SharedIdentity.Name)]
public sealed class SameAnswerTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/register", "email")]
    [InlineData("/reset-password", "account")]
    public async Task To_ask_for_a_mail_does_the_same_whoever_exists(string path, string field)
    {
        using var person = await Person.CreateAsync(_identity);
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync(path);

        var known = await StatementsAsync(browser, page, HttpStatusCode.OK, (field, person.Email));
        var unknown = await StatementsAsync(browser, page, HttpStatusCode.OK, (field, Person.NewEmail()));

        Assert.NotEmpty(known);
        Assert.Equal(known, unknown);
    }

    [Fact]
    public async Task To_fail_to_sign_in_does_the_same_whoever_exists()
    {
        using var person = await Person.CreateAsync(_identity);
        using var second = await Person.SignedInAsync(_identity);
        await second.TurnOnSecondFactorAsync();
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/sign-in");

        var known = await StatementsAsync(browser, page, HttpStatusCode.Unauthorized, ("name", person.User.Name), ("password", "wrong"));
        var withSecondFactor = await StatementsAsync(browser, page, HttpStatusCode.Unauthorized, ("name", second.User.Name), ("password", "wrong"));
        var unknown = await StatementsAsync(browser, page, HttpStatusCode.Unauthorized, ("name", "nobody-of-this-name"), ("password", "wrong"));

        Assert.NotEmpty(known);
        Assert.Equal(known, unknown);
        Assert.Equal(known, withSecondFactor);
    }

    /// <summary>The statements that a form leads to, found by the trace that they belong to.</summary>
    private static async Task<List<string>> StatementsAsync(
        Browser browser, HttpResponseMessage page, HttpStatusCode expected, params IEnumerable<(string Name, string Value)> filled)
    {
        ConcurrentQueue<(ActivityTraceId Trace, string Statement)> seen = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
                seen.Enqueue((activity.TraceId, activity.GetTagItem("db.query.text") as string ?? activity.GetTagItem("db.statement") as string ?? activity.DisplayName)),
        };
        ActivitySource.AddActivityListener(listener);
        var trace = ActivityTraceId.CreateRandom();
        browser.Http.DefaultRequestHeaders.Remove("traceparent");
        browser.Http.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var answer = await browser.SubmitAsync(page, filled);

        Assert.Equal(expected, answer.StatusCode);
        return [.. seen.Where(one => one.Trace == trace).Select(static one => one.Statement)];
    }
}
