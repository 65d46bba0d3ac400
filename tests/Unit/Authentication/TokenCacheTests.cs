using System.Security.Claims;
using System.Text;
using Back2Code.Authentication;

namespace Back2Code.UnitTests.Authentication;

public sealed class TokenCacheTests : IDisposable
{
    private readonly TokenForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public void A_token_is_remembered_until_it_expires()
    {
        var cache = new TokenCache(100, _forge.Time);
        cache.Add("a", _forge.Keys, Accepted(TimeSpan.FromSeconds(10)));
        var before = cache.Find("a", _forge.Keys);

        _forge.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.NotNull(before);
        Assert.Null(cache.Find("a", _forge.Keys));
    }

    [Fact]
    public void Changed_keys_forget_every_token()
    {
        var cache = new TokenCache(100, _forge.Time);
        cache.Add("a", _forge.Keys, Accepted(TimeSpan.FromSeconds(10)));

        Assert.Null(cache.Find("a", KeySet.Parse(Encoding.UTF8.GetBytes(_forge.Signer.JsonWebKeySet))));
    }

    [Fact]
    public void It_never_holds_more_than_its_capacity_and_keeps_what_is_used()
    {
        var cache = new TokenCache(100, _forge.Time);
        cache.Add("used", _forge.Keys, Accepted(TimeSpan.FromHours(1)));

        for (var i = 0; i < 10_000; i++)
        {
            cache.Add($"token-{i}", _forge.Keys, Accepted(TimeSpan.FromHours(1)));
            Assert.NotNull(cache.Find("used", _forge.Keys));
        }

        Assert.InRange(cache.Count, 1, 102);
    }

    [Fact]
    public void Another_text_with_the_same_signature_is_another_token()
    {
        var cache = new TokenCache(100, _forge.Time);
        var signature = new string('s', 86);
        cache.Add("header.payload." + signature, _forge.Keys, Accepted(TimeSpan.FromHours(1)));

        Assert.NotNull(cache.Find("header.payload." + signature, _forge.Keys));
        Assert.Null(cache.Find("header.PAYLOAD." + signature, _forge.Keys));
    }

    [Fact]
    public void A_capacity_of_zero_remembers_nothing()
    {
        var cache = new TokenCache(0, _forge.Time);
        cache.Add("a", _forge.Keys, Accepted(TimeSpan.FromSeconds(10)));

        Assert.Null(cache.Find("a", _forge.Keys));
    }

    private TokenVerdict.Accepted Accepted(TimeSpan lifetime) => new(new ClaimsIdentity("Bearer"), _forge.Time.GetUtcNow() + lifetime);
}
