using System.Diagnostics.Metrics;
using Back2Code.Audit;
using Back2Code.Identity.Audit;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Something that an auditor would ask about. Names and ids only, never a secret.</summary>
/// <param name="Action">One of <see cref="SecurityActions"/>.</param>
/// <param name="Succeeded">False for a denial.</param>
/// <param name="Actor">Who did it: a user's id, a client's id, or null when nobody was known.</param>
/// <param name="Target">What it was done to: the id of a user, client, key or grant.</param>
/// <param name="Reason">A word for why it was denied or done.</param>
internal sealed record SecurityEvent(string Action, bool Succeeded, string? Actor, string? Target = null, string? Reason = null);

/// <summary>What is recorded. Also values of a metric's label: add freely, keep them few.</summary>
internal static class SecurityActions
{
    public const string SignIn = "sign-in";
    public const string SignOut = "sign-out";
    public const string Consent = "consent";
    public const string ClientAuthentication = "client-authentication";
    public const string TokenIssued = "token-issued";
    public const string TokenRefused = "token-refused";
    public const string TokenRevoked = "token-revoked";
    public const string FamilyRevoked = "family-revoked";
    public const string DeviceDecision = "device-decision";
    public const string SessionEnded = "session-ended";
    public const string PasswordResetRequested = "password-reset-requested";
    public const string PasswordReset = "password-reset";
    public const string PasswordChanged = "password-changed";
    public const string EmailChangeRequested = "email-change-requested";
    public const string EmailVerified = "email-verified";
    public const string SecondFactorEnabled = "second-factor-enabled";
    public const string SecondFactorDisabled = "second-factor-disabled";
    public const string RecoveryCodesReplaced = "recovery-codes-replaced";
    public const string RecoveryCodeUsed = "recovery-code-used";
    public const string UserRegistered = "user-registered";
    public const string UserCreated = "user-created";
    public const string UserRoleChanged = "user-role-changed";
    public const string UserDisabled = "user-disabled";
    public const string UserEnabled = "user-enabled";
    public const string ErasureRequested = "erasure-requested";
    public const string ErasureCompleted = "erasure-completed";
    public const string UserExported = "user-exported";
    public const string EncryptionRotated = "encryption-rotated";
    public const string ClientCreated = "client-created";
    public const string ClientSecretRotated = "client-secret-rotated";
    public const string KeyRotated = "key-rotated";
}

/// <summary>
/// The one place that hears of every security event: within the transaction of what it records, or alone when nothing was written. The first kind goes into the audit
/// trail as <c>identity.ACTION</c>. Of the second kind, answers 401 and 403 get there gathered and bounded, like every service's: an attacker must not be able to
/// make the chain, whose appends wait for each other, the bottleneck.
/// </summary>
internal sealed partial class SecurityEvents(TimeProvider time, IMeterFactory meters, ILogger<SecurityEvents> logger)
{
    private readonly Counter<long> _events = meters.Create("Back2Code.Identity").CreateCounter<long>(
        "back2code.identity.events", "{event}", "Security events by action and outcome.");

    /// <summary>Records what <paramref name="transaction"/> does. Call it last: from here to its end every other append waits.</summary>
    public async Task RecordAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SecurityEvent happened, CancellationToken cancellationToken)
    {
        _ = transaction;
        var record = AuditRecord.Create(time, new AuditActor(happened.Actor, null, null), $"identity.{happened.Action}", happened.Target ?? "") with
        {
            Outcome = happened.Succeeded ? AuditOutcome.Succeeded : AuditOutcome.Denied,
            Reason = happened.Reason,
        };
        await AuditTrail.AppendAsync(connection, record, cancellationToken);
        Count(happened);
    }

    /// <summary>Records what wrote nothing: a denial, mostly.</summary>
    public ValueTask RecordAsync(SecurityEvent happened, CancellationToken cancellationToken)
    {
        _ = cancellationToken;
        Count(happened);
        return ValueTask.CompletedTask;
    }

    private void Count(SecurityEvent happened)
    {
        string outcome = happened.Succeeded ? "success" : "denied";
        _events.Add(1, new("action", happened.Action), new("outcome", outcome));
        Log.Happened(logger, happened.Action, outcome, happened.Reason);
    }

    private static partial class Log
    {
        [LoggerMessage(4301, LogLevel.Debug, "{Action}: {Outcome} ({Reason})", EventName = "SecurityEvent")]
        public static partial void Happened(ILogger logger, string action, string outcome, string? reason);
    }
}
