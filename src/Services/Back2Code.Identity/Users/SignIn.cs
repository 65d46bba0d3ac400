using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Name and password against the database, and then a code from whoever has a second factor.</summary>
internal sealed class SignIn(
    UserStore users, Passwords passwords, Throttle throttle, SessionStore sessions, SecondFactorStore secondFactors, Database database, SecurityEvents events,
    IOptions<IdentityOptions> options)
{
    public async Task<SignInOutcome> ExecuteAsync(
        string name, string password, SessionOrigin origin, string? endedCookie, CancellationToken cancellationToken)
    {
        string address = origin.Address;
        string account = name.Trim().ToLowerInvariant();
        var wait = await throttle.TakeAsync(address, account, cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, Reason: "throttled"), cancellationToken);
            return new SignInOutcome.Throttled(wait);
        }

        // Whatever the name, the same steps: one look into the database, one comparison.
        var user = password.Length > Passwords.Longest || account.Contains('\0', StringComparison.Ordinal) ? null : await users.FindAsync(account, cancellationToken);
        bool matches, needsRehash;
        try
        {
            (matches, needsRehash) = await passwords.VerifyAsync(user?.PasswordHash, password.Length > Passwords.Longest ? "" : password, address, cancellationToken);
        }
        catch (TooManyPasswordsException e)
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, Reason: "throttled"), cancellationToken);
            return new SignInOutcome.Throttled(e.RetryAfter);
        }

        if (!matches || user!.DisabledAt is not null)
        {
            await events.RecordAsync(
                new(SecurityActions.SignIn, false, null, user?.Id.ToString(), user is null ? "unknown" : matches ? "disabled" : "wrong-password"), cancellationToken);
            return SignInOutcome.Refused.Instance;
        }

        if (needsRehash)
        {
            user = await RehashAsync(user, password, address, cancellationToken);
        }

        await throttle.ForgiveAsync(address, account, cancellationToken);
        return user.HasSecondFactor
            ? new SignInOutcome.NeedsCode(user)
            : await StartAsync(user, origin, endedCookie, cancellationToken);
    }

    /// <summary>The code after the password.</summary>
    /// <param name="typed">Of the authenticator, or a recovery code.</param>
    public async Task<SignInOutcome> FinishAsync(PassedChallenge passed, string typed, SessionOrigin origin, string? endedCookie, CancellationToken cancellationToken)
    {
        string account = $"code\n{passed.UserId}";
        var wait = await throttle.TakeAsync(origin.Address, account, cancellationToken);

        // A million codes can be guessed from a thousand addresses, by somebody who has the password. A recovery code cannot, and is never held up by that.
        if (wait == TimeSpan.Zero && RecoveryCode.Read(typed) is null)
        {
            wait = await throttle.TakeEverywhereAsync(account, options.Value.CodesPerAccount, options.Value.CodePerAccountEvery, cancellationToken);
        }

        if (wait > TimeSpan.Zero)
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, passed.UserId.ToString(), "throttled"), cancellationToken);
            return new SignInOutcome.Throttled(wait);
        }

        if (await users.FindAsync(passed.UserId, cancellationToken) is not { DisabledAt: null } user || !SignInChallenge.IsCurrent(passed, user))
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, passed.UserId.ToString(), "changed"), cancellationToken);
            return SignInOutcome.Refused.Instance;
        }

        if (user.HasSecondFactor && !await secondFactors.UseAsync(user.Id, typed, cancellationToken))
        {
            await events.RecordAsync(new(SecurityActions.SignIn, false, null, user.Id.ToString(), "wrong-code"), cancellationToken);
            return new SignInOutcome.NeedsCode(user);
        }

        await throttle.ForgiveAsync(origin.Address, account, cancellationToken);
        return await StartAsync(user, origin, endedCookie, cancellationToken);
    }

    private async Task<SignInOutcome> StartAsync(User user, SessionOrigin origin, string? endedCookie, CancellationToken cancellationToken)
    {
        if (await sessions.StartAsync(user, origin, endedCookie, cancellationToken) is { } cookie)
        {
            return new SignInOutcome.SignedIn(cookie);
        }

        await events.RecordAsync(new(SecurityActions.SignIn, false, null, user.Id.ToString(), "changed"), cancellationToken);
        return SignInOutcome.Refused.Instance;
    }

    /// <summary>The work factor has risen since the password was set. When everybody is signing in, that waits for the next time.</summary>
    private async Task<User> RehashAsync(User user, string password, string address, CancellationToken cancellationToken)
    {
        string hash;
        try
        {
            hash = await passwords.HashAsync(password, address, cancellationToken);
        }
        catch (DependencyUnavailableException)
        {
            return user;
        }

        // Unless somebody has changed the password meanwhile.
        const string sql = "UPDATE users SET password_hash = @hash WHERE id = @id AND password_hash = @before";

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
                await connection.ExecuteAsync(transaction, sql, attempt, ("hash", hash), ("id", user.Id), ("before", user.PasswordHash)),
            replaySafe: true,
            cancellationToken);

        // If somebody has, this is not the user's hash, and no session begins with it.
        return user with { PasswordHash = hash };
    }
}

internal abstract record SignInOutcome
{
    /// <param name="Cookie">Opens the session.</param>
    public sealed record SignedIn(string Cookie) : SignInOutcome;

    /// <summary>The password was right. Nobody is signed in yet.</summary>
    public sealed record NeedsCode(User User) : SignInOutcome;

    /// <summary>Unknown, wrong or disabled: the answer does not tell which.</summary>
    public sealed record Refused : SignInOutcome
    {
        public static Refused Instance { get; } = new();
    }

    public sealed record Throttled(TimeSpan RetryAfter) : SignInOutcome;
}
