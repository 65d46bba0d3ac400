using System.Net;
using System.Text;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using Back2Code.Resilience;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Authentication;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class KeySourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-keys-").FullName;
    private readonly ManualTime _time = new();
    private readonly TokenSigner _first = TokenSigner.CreateInMemory();
    private readonly TokenSigner _second = TokenSigner.CreateInMemory();

    private string JwksPath => Path.Combine(_folder, "jwks.json");

    private string KeptPath => Path.Combine(_folder, "kept.json");

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
    public async Task Keys_that_have_not_changed_stay_the_same_object_so_that_no_token_is_validated_again()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer);
        var before = await keys.CurrentAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromMinutes(6));
        await keys.RefreshAsync(before, CancellationToken.None);

        Assert.Equal(2, issuer.Asked);
        Assert.Same(before, await keys.CurrentAsync(CancellationToken.None));
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

    [Fact]
    public async Task A_start_without_the_issuer_takes_the_keys_that_were_fetched_last()
    {
        using var issuer = new Issuer(_first);
        using (var before = Remote(issuer, KeptPath))
        {
            await before.CurrentAsync(CancellationToken.None);
        }

        issuer.Signer = null;
        using var keys = Remote(issuer, KeptPath);

        Assert.NotNull((await keys.CurrentAsync(CancellationToken.None)).Find(_first.KeyId));
    }

    [Fact]
    public async Task An_issuer_that_returns_is_believed_instead_of_the_file()
    {
        await File.WriteAllTextAsync(KeptPath, _first.JsonWebKeySet);
        File.SetLastWriteTimeUtc(KeptPath, _time.GetUtcNow().UtcDateTime);
        using var issuer = new Issuer(null);
        using var keys = Remote(issuer, KeptPath);
        await keys.CurrentAsync(CancellationToken.None);
        issuer.Signer = _second;

        _time.Advance(TimeSpan.FromSeconds(2));
        var known = await keys.RefreshAsync(await keys.CurrentAsync(CancellationToken.None), CancellationToken.None);
        // Until the fetch is over: the keys are in force a moment before they are on the disk.
        await keys.RefreshAsync(known, CancellationToken.None);

        Assert.Equal((true, true), (known.Find(_first.KeyId) is null, known.Find(_second.KeyId) is not null));
        Assert.Equal(_second.JsonWebKeySet, await File.ReadAllTextAsync(KeptPath));
    }

    [Fact]
    public async Task An_issuer_that_answers_is_believed_whatever_the_file_says()
    {
        await File.WriteAllTextAsync(KeptPath, _first.JsonWebKeySet);
        using var issuer = new Issuer(_second);
        using var keys = Remote(issuer, KeptPath);

        Assert.Null((await keys.CurrentAsync(CancellationToken.None)).Find(_first.KeyId));
    }

    [Fact]
    public async Task The_kept_keys_are_their_owners_only_and_nothing_else_is_left()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer, KeptPath);

        await keys.CurrentAsync(CancellationToken.None);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeptPath));
        Assert.Equal(["kept.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("not json", 0, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(null, 8, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(null, 0, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite)]
    [InlineData(null, 0, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite)]
    public async Task Kept_keys_that_are_broken_or_old_or_anybodys_are_not_believed(string? text, int daysOld, UnixFileMode mode)
    {
        await File.WriteAllTextAsync(KeptPath, text ?? _first.JsonWebKeySet);
        File.SetLastWriteTimeUtc(KeptPath, _time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(daysOld));
        File.SetUnixFileMode(KeptPath, mode);
        using var issuer = new Issuer(null);
        using var keys = Remote(issuer, KeptPath);

        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await keys.CurrentAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_costs_the_file_and_no_request()
    {
        using var issuer = new Issuer(_first);
        using var keys = Remote(issuer, Path.Combine(_folder, "absent", "kept.json"));

        Assert.Equal(1, (await keys.CurrentAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Keys_of_a_file_and_of_an_address_are_both_good_and_stay_the_same_object_until_one_changes()
    {
        await File.WriteAllTextAsync(JwksPath, _first.JsonWebKeySet);
        using var issuer = new Issuer(_second);
        using var keys = new CombinedKeys(new FileKeys(JwksPath, _time, NullLogger<FileKeys>.Instance), Remote(issuer));

        var both = await keys.CurrentAsync(CancellationToken.None);

        Assert.Equal((true, true), (both.Find(_first.KeyId) is not null, both.Find(_second.KeyId) is not null));
        Assert.Same(both, await keys.CurrentAsync(CancellationToken.None));
        Assert.Same(both, await keys.RefreshAsync(both, CancellationToken.None));
    }

    [Fact]
    public async Task While_the_address_has_never_answered_the_files_keys_are_good_and_of_others_nobody_knows()
    {
        await File.WriteAllTextAsync(JwksPath, _first.JsonWebKeySet);
        using var issuer = new Issuer(null);
        using var keys = new CombinedKeys(new FileKeys(JwksPath, _time, NullLogger<FileKeys>.Instance), Remote(issuer));

        var known = await keys.CurrentAsync(CancellationToken.None);

        Assert.NotNull(known.Find(_first.KeyId));
        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await keys.RefreshAsync(known, CancellationToken.None));
        issuer.Signer = _second;
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull((await keys.RefreshAsync(known, CancellationToken.None)).Find(_second.KeyId));
    }

    private RemoteKeys Remote(Issuer issuer, string? kept = null) =>
        new(new HttpClient(issuer), new BearerTokenOptions { JwksUri = new Uri("http://issuer.test/jwks"), JwksCachePath = kept }, _time, NullLogger<RemoteKeys>.Instance);

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
