using System.Text.Json;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.IntegrationTests.Traffic;

/// <summary>What the platform does wrong is found, and nothing else is.</summary>
public sealed class TrafficVerificationTests : IAsyncLifetime
{
    private readonly string _ledger = Path.Combine(Path.GetTempPath(), $"b2c-ledger-{Guid.NewGuid():N}.jsonl");
    private StandIn _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await StandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        File.Delete(_ledger);
    }

    [Fact]
    public async Task An_honest_platform_has_every_write_verified()
    {
        var summary = await SendAsync();

        var verdict = await VerifyAsync();

        Assert.Equal(0, summary.Failed);
        Assert.True(verdict.Acknowledged > 50, $"only {verdict.Acknowledged} writes were acknowledged");
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
        Assert.True(verdict.LedgerComplete);
        Assert.False(_platform.OverlappingWrites);
        Assert.Equal(0, _platform.CreatesWithoutKey);
    }

    [Fact]
    public async Task A_lost_creation_is_lost_with_its_event()
    {
        _platform.Once(Misdeed.LoseWrite, HttpMethod.Post);
        await SendAsync();

        var verdict = await VerifyAsync(deadline: 0.7);

        Assert.Equal((verdict.Acknowledged - 1, 2, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Fact]
    public async Task A_lost_replacement_is_stale_and_its_event_lost()
    {
        await SendOneWithAsync(Misdeed.LoseWrite, HttpMethod.Put);

        var verdict = await VerifyAsync(deadline: 0.7);

        Assert.Contains(verdict.Details, d => d.Kind == "stale");
        Assert.Contains(verdict.Details, d => d.Kind == "lost" && d.Text.Contains("note.replaced", StringComparison.Ordinal));
        Assert.Equal((1, 0, 1), (verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Theory]
    [InlineData(Misdeed.LoseEvent, "POST", "lost")]
    [InlineData(Misdeed.LoseEvent, "PUT", "lost")]
    [InlineData(Misdeed.LoseEvent, "DELETE", "lost")]
    [InlineData(Misdeed.HideFromList, "POST", "lost")]
    [InlineData(Misdeed.RepeatEvent, "POST", "duplicated")]
    [InlineData(Misdeed.RepeatEvent, "PUT", "duplicated")]
    [InlineData(Misdeed.RepeatEvent, "DELETE", "duplicated")]
    [InlineData(Misdeed.CreateTwice, "POST", "duplicated")]
    [InlineData(Misdeed.ReplaceTwice, "PUT", "duplicated")]
    [InlineData(Misdeed.KeepOldContent, "PUT", "stale")]
    [InlineData(Misdeed.KeepDeleted, "DELETE", "stale")]
    public async Task One_misdeed_is_one_finding(Misdeed misdeed, string method, string kind)
    {
        await SendOneWithAsync(misdeed, new HttpMethod(method));

        var verdict = await VerifyAsync(deadline: 0.7);

        var finding = Assert.Single(verdict.Details);
        Assert.Equal(kind, finding.Kind);
        Assert.Equal(verdict.Acknowledged - 1, verdict.Verified);
    }

    [Theory]
    [InlineData(Misdeed.WriteAndAnswer503)]
    [InlineData(Misdeed.WriteAndReset)]
    public async Task Writes_with_unknown_outcome_that_happened_are_no_findings(Misdeed misdeed)
    {
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete })
        {
            for (int i = 0; i < 4; i++)
            {
                _platform.Once(misdeed, method);
            }
        }

        // The creations meet theirs in the preload, which repeats them with their key.
        await SendAsync(mix: "creates=1,replaces=2,deletes=1,reads=1", rate: 300);

        var verdict = await VerifyAsync();

        Assert.False(_platform.Due);
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Fact]
    public async Task An_outage_of_writes_that_did_nothing_leaves_nothing_to_find()
    {
        var summary = await SendAsync(onSecond: i => _platform.WritesDown = i is 0 or 1, seconds: 5);

        var verdict = await VerifyAsync();

        Assert.True(summary.Failed > 0);
        Assert.NotNull(summary.RecoveredAt);
        Assert.True(summary.RecoveredAt > summary.LastFailureAt);
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Fact]
    public async Task Events_that_come_late_but_before_the_deadline_are_no_findings()
    {
        await SendAsync();
        _platform.HoldEvents = true;

        var verifying = VerifyAsync(deadline: 20);
        // Some rounds over the three inboxes have to pass without events before they come.
        await WaitUntilAsync(() => _platform.InboxReads >= 9 || verifying.IsCompleted);
        _platform.HoldEvents = false;
        var verdict = await verifying;

        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Fact]
    public async Task A_cache_that_never_forgets_the_old_version_is_stale()
    {
        await SendAsync(mix: "replaces=1");
        _platform.ServeOldVersions = true;

        var verdict = await VerifyAsync(deadline: 0.7);

        Assert.True(verdict.Stale > 0);
        Assert.Equal((0, 0), (verdict.Lost, verdict.Duplicated));
        Assert.True(verdict.Details.Count <= 20);
    }

    [Fact]
    public async Task A_platform_that_does_not_answer_verifies_nothing()
    {
        await SendAsync();
        _platform.BlackHole = true;

        var verdict = await VerifyAsync(deadline: 0.7);

        Assert.Equal((0, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
        Assert.True(verdict.Unreadable > 0);
        Assert.All(verdict.Details, d => Assert.Equal("unreadable", d.Kind));
        Assert.False(verdict.Clean);
    }

    [Fact]
    public async Task What_was_wrong_before_the_platform_fell_silent_is_not_called_lost()
    {
        await SendAsync();
        _platform.HoldEvents = true;

        var verifying = VerifyAsync(deadline: 4, timeout: 0.5);
        await WaitUntilAsync(() => _platform.InboxReads >= 9 || verifying.IsCompleted);
        _platform.BlackHole = true;
        var verdict = await verifying;

        Assert.Equal((0, 0, 0), (verdict.Lost, verdict.Duplicated, verdict.Stale));
        Assert.True(verdict.Unreadable > 0);
    }

    [Fact]
    public async Task A_large_ledger_has_the_time_it_takes_to_ask_for_all_of_it()
    {
        await SendAsync(mix: "creates=1", rate: 400);
        _platform.ReadDelay = TimeSpan.FromMilliseconds(10);

        // 600 notes at 10 ms or more, 4 at a time, cannot be read in half a second.
        var said = new List<VerificationProgress>();
        var verdict = await VerifyAsync(deadline: 0.5, onProgress: said.Add);

        Assert.True(verdict.Seconds > 1, $"all of it was read in {verdict.Seconds} s, so nothing was shown");
        Assert.Equal((verdict.Acknowledged, 0, 0), (verdict.Verified, verdict.Lost, verdict.Unreadable));
        Assert.NotEmpty(said);
        Assert.All(said, s => Assert.InRange(s.Confirmed, 0, s.Acknowledged));
    }

    [Fact]
    public async Task Pages_are_followed_to_their_end()
    {
        // One user, so that notes and notifications need several pages.
        var tokens = new Dictionary<string, string> { ["ada"] = _platform.Tokens["ada"] };

        await SendAsync(mix: "creates=1", rate: 500, tokens: tokens);
        var verdict = await VerifyAsync();

        Assert.True(verdict.Acknowledged > 600, $"only {verdict.Acknowledged} writes were acknowledged");
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
    }

    [Fact]
    public async Task A_second_run_into_the_same_ledger_is_verified_with_the_first()
    {
        var first = await SendAsync(seconds: 1);
        int acknowledged = (await VerifyAsync()).Acknowledged;

        await SendAsync(seconds: 1);
        var verdict = await VerifyAsync();

        Assert.True(verdict.Acknowledged > acknowledged);
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
        Assert.Equal(0, first.Failed);
    }

    [Fact]
    public async Task Half_a_last_line_is_tolerated_and_the_next_run_starts_a_new_one()
    {
        await SendAsync(seconds: 1);
        string[] lines = await File.ReadAllLinesAsync(_ledger, TestContext.Current.CancellationToken);
        int ack = Array.FindLastIndex(lines, l => l.Contains("\"ack\"", StringComparison.Ordinal));
        string torn = string.Join('\n', lines[..ack]) + "\n" + lines[ack][..(lines[ack].Length / 2)];
        await File.WriteAllTextAsync(_ledger, torn, TestContext.Current.CancellationToken);

        var verdict = await VerifyAsync();
        await SendAsync(seconds: 1);
        var both = await VerifyAsync();

        Assert.False(verdict.LedgerComplete);
        Assert.Equal((verdict.Acknowledged, 0, 0, 0), (verdict.Verified, verdict.Lost, verdict.Duplicated, verdict.Stale));
        Assert.Equal((both.Acknowledged, 0, 0, 0), (both.Verified, both.Lost, both.Duplicated, both.Stale));
    }

    [Fact]
    public async Task A_user_without_a_token_is_named()
    {
        await SendAsync(seconds: 1);
        var tokens = new Dictionary<string, string> { ["ada"] = "token-of-ada", ["bob"] = "token-of-bob" };

        var error = await Assert.ThrowsAsync<TrafficException>(() =>
            new LedgerVerification(new VerificationOptions { LedgerPath = _ledger, Target = _platform.Address, Tokens = tokens }, TimeProvider.System)
                .RunAsync(TestContext.Current.CancellationToken));

        Assert.Contains("cleo", error.Message, StringComparison.Ordinal);
    }

    private Task<TrafficSummary> SendAsync(
        string mix = "reads=50,lists=10,creates=20,replaces=20,deletes=5",
        double rate = 150,
        double seconds = 1.5,
        ArrivalPattern arrivals = ArrivalPattern.Poisson,
        Action<int>? onSecond = null,
        IReadOnlyDictionary<string, string>? tokens = null)
    {
        int second = 0;
        var options = new TrafficOptions
        {
            Target = _platform.Address,
            Tokens = tokens ?? _platform.Tokens,
            LedgerPath = _ledger,
            Rate = rate,
            Arrivals = arrivals,
            WarmUp = TimeSpan.Zero,
            Duration = TimeSpan.FromSeconds(seconds),
            Mix = TrafficMix.Parse(mix),
            Timeout = TimeSpan.FromSeconds(2),
        };
        return new TrafficRun(options, TimeProvider.System) { OnSecond = _ => onSecond?.Invoke(second++) }.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// One request after the preload, with the misdeed: a second write on the same note could hide it. A creation meets it in the preload already.
    /// </summary>
    private async Task SendOneWithAsync(Misdeed misdeed, HttpMethod method)
    {
        string journey = method == HttpMethod.Post ? "creates" : method == HttpMethod.Put ? "replaces" : "deletes";
        _platform.Once(misdeed, method);
        var summary = await SendAsync(mix: $"{journey}=1", rate: 1, seconds: 0.1, arrivals: ArrivalPattern.Constant);
        Assert.Equal((1, 0), (summary.Total, summary.Failed));
        Assert.False(_platform.Due);
    }

    private Task<LedgerVerdict> VerifyAsync(double deadline = 10, Action<VerificationProgress>? onProgress = null, double timeout = 5)
    {
        var options = new VerificationOptions
        {
            LedgerPath = _ledger,
            Target = _platform.Address,
            Tokens = _platform.Tokens,
            Deadline = TimeSpan.FromSeconds(deadline),
            Settle = TimeSpan.FromMilliseconds(50),
            Timeout = TimeSpan.FromSeconds(timeout),
        };
        return new LedgerVerification(options, TimeProvider.System) { OnProgress = onProgress }.RunAsync(TestContext.Current.CancellationToken);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(15));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(bound.Token);
        }
    }
}
