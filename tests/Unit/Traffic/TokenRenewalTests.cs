using System.Buffers.Text;
using System.Text;
using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

public sealed class TokenRenewalTests
{
    private readonly Resilience.ManualTime _time = new();
    private readonly List<string> _asked = [];
    private readonly List<string> _trouble = [];
    private readonly TrafficUser[] _users = [new("ada", Token(600)), new("bob", Token(600))];
    private bool _away;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_renewed_after_two_thirds_of_its_life()
    {
        var renewal = Create();

        _time.Advance(TimeSpan.FromSeconds(399));
        await renewal.RenewDueAsync(Cancellation);
        var before = _asked.Count;
        _time.Advance(TimeSpan.FromSeconds(1));
        await renewal.RenewDueAsync(Cancellation);

        Assert.Equal(0, before);
        Assert.Equal(["ada", "bob"], _asked);
        Assert.Equal(Token(600, "new ada"), _users[0].Token);
    }

    [Fact]
    public async Task The_old_token_stays_while_the_issuer_is_away_and_trouble_is_told_once()
    {
        var renewal = Create(every: TimeSpan.FromSeconds(10));
        var old = _users[0].Token;
        _away = true;
        for (var second = 0; second < 40; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await renewal.RenewDueAsync(Cancellation);
        }

        var kept = _users[0].Token;
        var tries = _asked.Count;
        _away = false;
        _time.Advance(TimeSpan.FromSeconds(15));
        await renewal.RenewDueAsync(Cancellation);

        Assert.Equal(old, kept);
        // At 10, 11, 13, 17, 25 and 40 s: each pause twice the one before, fifteen seconds at the most.
        Assert.Equal(6, tries);
        Assert.Equal("tokens are not renewed for the moment, the old ones stay in use: away", Assert.Single(_trouble));
        Assert.All(_users, user => Assert.Equal(Token(600, "new " + user.Name), user.Token));
    }

    [Fact]
    public async Task A_token_that_does_not_say_how_long_it_lives_is_left_alone()
    {
        _users[0].Token = "opaque";
        var renewal = Create();

        _time.Advance(TimeSpan.FromDays(1));
        await renewal.RenewDueAsync(Cancellation);

        Assert.Equal(["bob"], _asked);
    }

    private TokenRenewal Create(TimeSpan? every = null) => new(_users, RenewAsync, every, _trouble.Add, _time);

    private Task<string> RenewAsync(string user, CancellationToken cancellationToken)
    {
        _asked.Add(user);
        return _away ? throw new InvalidOperationException("away") : Task.FromResult(Token(600, "new " + user));
    }

    /// <summary>What it says of its times is by a clock that is years off: only their difference counts.</summary>
    private static string Token(int lifetime, string subject = "") =>
        $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"iat":1000,"exp":{{1000 + lifetime}},"sub":"{{subject}}"}"""))}.x";
}
