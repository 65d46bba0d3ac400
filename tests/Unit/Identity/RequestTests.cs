using System.Net;
using Back2Code.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Identity;

public sealed class RequestTests
{
    [Theory]
    [InlineData("https://app.test/callback", true)]
    [InlineData("https://app.test/callback?x=1", true)]
    [InlineData("http://127.0.0.1:8080/callback", true)]
    [InlineData("http://localhost/callback", true)]
    [InlineData("com.example.app:/callback", true)]
    [InlineData("http://app.test/callback", false)]
    [InlineData("https://app.test/callback#fragment", false)]
    [InlineData("https://user:password@app.test/", false)]
    [InlineData("https://app.test/a b", false)]
    [InlineData("https://app.test/\\evil", false)]
    [InlineData("https://*.app.test/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,x", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("/callback", false)]
    [InlineData("", false)]
    public void A_redirect_address_is_one_that_nobody_else_can_take(string uri, bool good) => Assert.Equal(good, ClientRules.IsGoodRedirect(uri));

    [Theory]
    [InlineData("/oauth2/authorize?client_id=x", true)]
    [InlineData("/device", true)]
    [InlineData("/device?user_code=BCDF-GHJK", true)]
    [InlineData("/oauth2/authorize", false)]
    [InlineData("/deviceful", false)]
    [InlineData("//evil.test/oauth2/authorize?", false)]
    [InlineData("https://evil.test/oauth2/authorize?", false)]
    [InlineData("/oauth2/authorize?\r\nX: y", false)]
    [InlineData("/device?\\", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void It_goes_on_at_this_server_only(string? address, bool ours) => Assert.Equal(ours, Interruption.IsOurs(address));

    [Fact]
    public void A_request_that_was_interrupted_is_the_same_afterwards_and_says_when_it_began()
    {
        var (interruption, parameters) = Interrupt("client_id=x&state=a%26b%3Dc%20d&scope=openid+notes%3Awrite");

        var resumed = Interruption.Read(interruption.Resume(parameters))!;

        Assert.Equal("a&b=c d", resumed["state"]);
        Assert.Equal("openid notes:write", resumed["scope"]);
        Assert.Null(interruption.Began(parameters));
        Assert.NotNull(interruption.Began(resumed));
        Assert.Equal(interruption.Resume(resumed), interruption.Resume(Interruption.Read(interruption.Resume(resumed))!));
    }

    [Theory]
    [InlineData("state=a", "state=b")]
    [InlineData("client_id=x", "client_id=y")]
    [InlineData("b2c_began=1", "b2c_began=2")]
    public void A_mark_is_good_for_its_own_request_only(string before, string after)
    {
        var (interruption, parameters) = Interrupt("client_id=x&state=a");
        string changed = interruption.Resume(parameters).Replace(before, after, StringComparison.Ordinal);

        Assert.Null(interruption.Began(Interruption.Read(changed)!));
    }

    [Theory]
    [InlineData("a=1&a=2")]
    [InlineData("a=1&A=2")]
    [InlineData("a=x%00y")]
    [InlineData("a=x%0Ay")]
    [InlineData("a%0A=x")]
    public void Parameters_that_two_readers_could_read_differently_are_refused(string query) =>
        Assert.False(OAuthParameters.TryCreate(QueryHelpers.ParseQuery(query), out _));

    [Fact]
    public void A_parameter_without_a_value_is_none()
    {
        Assert.True(OAuthParameters.TryCreate(QueryHelpers.ParseQuery("a=&b=1"), out var parameters));
        Assert.Equal((null, "1"), (parameters["a"], parameters["b"]));
    }

    [Theory]
    [InlineData("bcdf-ghjk", "BCDFGHJK")]
    [InlineData(" BCDF GHJK ", "BCDFGHJK")]
    [InlineData("BCDFGHJ", null)]
    [InlineData("BCDFGHJKL", null)]
    [InlineData("ABCDFGHJ", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_user_code_is_read_however_it_is_typed(string? typed, string? code) => Assert.Equal(code, UserCode.Read(typed));

    [Fact]
    public void A_user_code_that_is_shown_can_be_read()
    {
        string code = UserCode.Create();

        Assert.Equal(code, UserCode.Read(UserCode.Show(code)));
    }

    [Fact]
    public void Whatever_stands_in_a_hole_of_a_page_is_text()
    {
        string hostile = "<script>\"'&</script>";

        Assert.Equal("<p title=\"&lt;script&gt;&quot;&#x27;&amp;&lt;/script&gt;\"><b>x</b></p>", Html.Of($"<p title=\"{hostile}\">{Html.Of($"<b>{"x"}</b>")}</p>").Markup);
    }

    [Theory]
    [InlineData(0, "6.6.6.6", "192.0.2.1")]
    [InlineData(1, "6.6.6.6, 198.51.100.7", "198.51.100.7")]
    [InlineData(2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7")]
    [InlineData(1, "nonsense", "192.0.2.1")]
    [InlineData(2, "198.51.100.7", "192.0.2.1")]
    [InlineData(1, "::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData(1, "2001:db8:1:2:3:4:5:6", "20010db800010002::/64")]
    public void An_address_is_believed_as_far_as_proxies_are_trusted(int proxies, string forwarded, string address)
    {
        DefaultHttpContext http = new();
        http.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");
        http.Request.Headers["X-Forwarded-For"] = forwarded;

        Assert.Equal(address, ClientAddress.Of(http, proxies));
    }

    [Fact]
    public void An_answer_keeps_the_query_of_the_clients_address() =>
        Assert.Equal(
            "https://app.test/callback?x=1&code=a%26b&state=s%20t&iss=https%3A%2F%2Fid.test",
            AuthorizationQuery.Answer("https://app.test/callback?x=1", "s t", "https://id.test", ("code", "a&b")));

    private static (Interruption Interruption, OAuthParameters Parameters) Interrupt(string query)
    {
        KeyEncryption encryption = new(Options.Create(new IdentityOptions { EncryptionKey = Convert.ToBase64String(new byte[32]) }));
        Assert.True(OAuthParameters.TryCreate(QueryHelpers.ParseQuery(query), out var parameters));
        return (new(encryption, TimeProvider.System), parameters);
    }
}
