using System.Buffers.Text;
using System.Text.Json;

namespace Back2Code.Lab.Traffic;

/// <summary>
/// Gives the users of a run new tokens well ahead of the end of the old ones. An old one stays in use until there is a new one, and no request waits for it:
/// while the issuer is away the users go on with what they have.
/// </summary>
internal sealed class TokenRenewal : IAsyncDisposable
{
    // Seldom enough to cost nothing, and often enough for tokens that live a few seconds.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly IReadOnlyList<TrafficUser> _users;
    private readonly Func<string, CancellationToken, Task<string>> _renew;
    private readonly TimeSpan? _every;
    private readonly Action<string> _trouble;
    private readonly TimeProvider _time;
    private readonly long[] _dueAt;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private TimeSpan _pause;
    private long _failedAt;

    /// <param name="users">Whose tokens.</param>
    /// <param name="renew">Asks for a new token of a user; throws what <paramref name="trouble"/> is told.</param>
    /// <param name="every">How old a token gets; null for two thirds of its life.</param>
    /// <param name="trouble">Told once when renewing begins to fail.</param>
    public TokenRenewal(IReadOnlyList<TrafficUser> users, Func<string, CancellationToken, Task<string>> renew, TimeSpan? every, Action<string> trouble, TimeProvider time)
    {
        (_users, _renew, _every, _trouble, _time) = (users, renew, every, trouble, time);
        _dueAt = [.. users.Select(user => DueAt(user.Token))];
    }

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Renews what is due, one user after the other.</summary>
    public async Task RenewDueAsync(CancellationToken cancellationToken)
    {
        if (_pause > TimeSpan.Zero && _time.GetElapsedTime(_failedAt) < _pause)
        {
            return;
        }

        for (var i = 0; i < _users.Count; i++)
        {
            if (_time.GetTimestamp() < _dueAt[i])
            {
                continue;
            }

            try
            {
                _users[i].Token = await _renew(_users[i].Name, cancellationToken);
                _dueAt[i] = DueAt(_users[i].Token);
                _pause = TimeSpan.Zero;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: the old token is still good for a while, and a failed renewal must not end the run.
                if (_pause == TimeSpan.Zero)
                {
                    _trouble($"tokens are not renewed for the moment, the old ones stay in use: {e.Message}");
                }

                _failedAt = _time.GetTimestamp();
                _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            await RenewDueAsync(_stop.Token);
        }
    }

    /// <summary>By how long it lives and not by the times that it names: the issuer's clock may be another.</summary>
    private long DueAt(string token) => (_every ?? (LifetimeOf(token) * 2 / 3)) is { } after
        ? _time.GetTimestamp() + (long)(after.TotalSeconds * _time.TimestampFrequency)
        : long.MaxValue;

    /// <returns>Null for a token that does not say, which is never renewed.</returns>
    private static TimeSpan? LifetimeOf(string token)
    {
        try
        {
            var claims = JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            return TimeSpan.FromSeconds(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        }
        catch (Exception e) when (e is FormatException or JsonException or IndexOutOfRangeException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
