using Back2Code.Data;

namespace Back2Code.Identity;

/// <summary>Name and password against the database.</summary>
internal sealed class SignIn(UserStore users, Passwords passwords, Throttle throttle, SessionStore sessions, Database database, SecurityEvents events)
{
    public async Task<SignInOutcome> ExecuteAsync(string name, string password, string address, string? endedCookie, CancellationToken cancellationToken)
    {
        string account = name.Trim().ToLowerInvariant();
        var wait = await throttle.TakeAsync(address, account, cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, Reason: "throttled"), cancellationToken);
            return new SignInOutcome.Throttled(wait);
        }

        // Whatever the name, the same steps: one look into the database, one comparison.
        var user = password.Length > Passwords.Longest || account.Contains('\0', StringComparison.Ordinal) ? null : await users.FindAsync(account, cancellationToken);
        var (matches, needsRehash) = await passwords.VerifyAsync(user?.PasswordHash, password.Length > Passwords.Longest ? "" : password, cancellationToken);
        if (!matches || user!.DisabledAt is not null)
        {
            await events.RecordAsync(
                new(SecurityActions.SignIn, false, null, user?.Id.ToString(), user is null ? "unknown" : matches ? "disabled" : "wrong-password"), cancellationToken);
            return SignInOutcome.Refused.Instance;
        }

        if (needsRehash)
        {
            await RehashAsync(user, await passwords.HashAsync(password, cancellationToken), cancellationToken);
        }

        await throttle.ForgiveAsync(address, account, cancellationToken);
        return new SignInOutcome.SignedIn(await sessions.StartAsync(user, endedCookie, cancellationToken));
    }

    /// <summary>The work factor has risen since the password was set.</summary>
    private async Task RehashAsync(User user, string hash, CancellationToken cancellationToken)
    {
        // Unless somebody has changed the password meanwhile.
        const string sql = "UPDATE users SET password_hash = @hash WHERE id = @id AND password_hash = @before";

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
                await connection.ExecuteAsync(transaction, sql, attempt, ("hash", hash), ("id", user.Id), ("before", user.PasswordHash)),
            replaySafe: true,
            cancellationToken);
    }
}

internal abstract record SignInOutcome
{
    /// <param name="Cookie">Opens the session.</param>
    public sealed record SignedIn(string Cookie) : SignInOutcome;

    /// <summary>Unknown, wrong or disabled: the answer does not tell which.</summary>
    public sealed record Refused : SignInOutcome
    {
        public static Refused Instance { get; } = new();
    }

    public sealed record Throttled(TimeSpan RetryAfter) : SignInOutcome;
}
