namespace Back2Code.Identity;

/// <summary>What became of it.</summary>
/// <param name="User">Null when the password was wrong, or was not looked at.</param>
/// <param name="Wait">Above zero when there were too many attempts.</param>
internal sealed record PasswordProofOutcome(User? User, TimeSpan Wait);

/// <summary>Asks somebody who is signed in for the password again, before what a stranger at an open browser must not do. Throttled as signing in is.</summary>
internal sealed class PasswordProof(UserStore users, Passwords passwords, Throttle throttle, SecurityEvents events)
{
    public async Task<PasswordProofOutcome> CheckAsync(Session session, string? password, string address, string action, CancellationToken cancellationToken)
    {
        string account = $"proof\n{session.UserId}";
        var wait = await throttle.TakeAsync(address, account, cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return new(null, wait);
        }

        bool tooLong = password is { Length: > Passwords.Longest };
        var user = await users.FindAsync(session.UserId, cancellationToken);
        bool matches;
        try
        {
            (matches, _) = await passwords.VerifyAsync(user?.PasswordHash, tooLong ? "" : password ?? "", address, cancellationToken);
        }
        catch (TooManyPasswordsException e)
        {
            return new(null, e.RetryAfter);
        }

        if (!matches || tooLong)
        {
            await events.RecordAsync(new(action, false, session.UserId.ToString(), session.UserId.ToString(), "wrong-password"), cancellationToken);
            return new(null, TimeSpan.Zero);
        }

        await throttle.ForgiveAsync(address, account, cancellationToken);
        return new(user, TimeSpan.Zero);
    }
}
