using System.Net;
using System.Text;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using Back2Code.Resilience;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Authentication;

public sealed class KeySourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-keys-").FullName;
    private readonly ManualTime _time = new();
    private readonly TokenSigner _first = TokenSigner.CreateInMemory();
    private readonly TokenSigner _second = TokenSigner.CreateInMemory();

    private string JwksPath => Path.Combine(_folder, "jwks.json");

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_changed_file_is_read_again_within_a_second()
    {
        await File.WriteAllTextAsync(JwksPath, _first.JsonWebKeySet);
        var keys = new FileKeys(JwksPath, _time, NullLogger<FileKeys>.Instance);
        var before = await keys.CurrentAsync(CancellationToken.None);
        await File.WriteAllTextAsync(JwksPath, _second.JsonWebKeySet + " ");

        _time.Advance(TimeSpan.FromSeconds(1));
        var after = await keys.CurrentAsync(CancellationToken.None);

        Assert.NotNull(before.Find(_first.KeyId));
        Assert.Equal((true, true), (after.Find(_first.KeyId) is null, after.Find(_second.KeyId) is not null));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_broken_or_missing_file_leaves_the_old_keys_in_force(string? content)
    {
        await File.WriteAllTextAsync(JwksPath, _first.JsonWebKeySet);
        var keys = new FileKeys(JwksPath, _time, NullLogger<FileKeys>.Instance);
        var before = await keys.CurrentAsync(CancellationToken.None);
        if (content is null)
        {
            File.Delete(JwksPath);
        }
        else
        {
            await File.WriteAllTextAsync(JwksPath, content);
        }

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(before, await keys.CurrentAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_appears_later_is_found()
    {
        var keys = new FileKeys(JwksPath, _time, NullLogger<FileKeys>.Instance);
        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await keys.CurrentAsync(CancellationToken.None));

        await File.WriteAllTextAsync(JwksPath, _first.JsonWebKeySet);

        Assert.Equal(1, (await keys.CurrentAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Remote_keys_are_fetched_once_and_kept()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer);

        for (var i = 0; i < 5; i++)
        {
            Assert.NotNull((await keys.CurrentAsync(CancellationToken.None)).Find(_first.KeyId));
        }

        Assert.Equal(1, issuer.Asked);
    }

    [Fact]
    public async Task An_unknown_key_is_looked_for_at_once_but_not_more_often_than_the_interval()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer);
        var known = await keys.CurrentAsync(CancellationToken.None);
        issuer.Signer = _second;
        _time.Advance(TimeSpan.FromSeconds(1));

        var refreshed = await keys.RefreshAsync(known, CancellationToken.None);
        for (var i = 0; i < 100; i++)
        {
            await keys.RefreshAsync(refreshed, CancellationToken.None);
        }

        Assert.NotNull(refreshed.Find(_second.KeyId));
        Assert.Equal(2, issuer.Asked);
    }

    [Fact]
    public async Task Keys_stay_when_the_issuer_goes_away_and_it_is_asked_ever_less_often()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer);
        var known = await keys.CurrentAsync(CancellationToken.None);
        issuer.Signer = null;

        for (var i = 0; i < 600; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Same(known, await keys.RefreshAsync(known, CancellationToken.None));
        }

        // 1, 2, 4, 8, 16, 32, then every 60 seconds.
        Assert.InRange(issuer.Asked, 10, 20);
    }

    [Fact]
    public async Task Without_any_answer_there_are_no_keys_and_no_401()
    {
        using var issuer = new Issuer(null);
        using var keys = Remote(issuer);

        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await keys.CurrentAsync(CancellationToken.None));

        issuer.Signer = _first;
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull((await keys.CurrentAsync(CancellationToken.None)).Find(_first.KeyId));
    }

    [Fact]
    public async Task Callers_at_the_same_moment_share_one_fetch()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => keys.CurrentAsync(CancellationToken.None).AsTask()));

        Assert.Equal(1, issuer.Asked);
    }

    private RemoteKeys Remote(Issuer issuer) =>
        new(new HttpClient(issuer), new BearerTokenOptions { JwksUri = new Uri("http://issuer.test/jwks") }, _time, NullLogger<RemoteKeys>.Instance);

    /// <summary>Other people's system: an issuer that is there or is not.</summary>
    private sealed class Issuer(TokenSigner? signer) : HttpMessageHandler
    {
        private int _asked;

        public TokenSigner? Signer { get; set; } = signer;

        public int Asked => _asked;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Signer is { } present
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(present.JsonWebKeySet, Encoding.UTF8, "application/json") })
                : throw new HttpRequestException("connection refused");
        }
    }
}
