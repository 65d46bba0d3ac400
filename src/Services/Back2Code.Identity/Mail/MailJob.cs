namespace Back2Code.Identity;

/// <summary>
/// A mail that is to be sent, before anybody has looked whether there is somebody to send it to. That look is the sender's: a request that only writes this down
/// takes the same time and gets the same answer whoever exists.
/// </summary>
/// <param name="Kind">One of <see cref="MailKinds"/>.</param>
/// <param name="To">The address, or what was typed as a name; null: wherever the user gets mail.</param>
/// <param name="UserId">Whom it is about; null when nobody is known yet.</param>
/// <param name="Token">Of the link; null for a mail without one.</param>
internal sealed record MailJob(string Kind, string? To = null, Guid? UserId = null, string? Token = null);

internal static class MailKinds
{
    public const string Registration = "registration";
    public const string Invitation = "invitation";
    public const string ResetPassword = "reset-password";
    public const string ChangeEmail = "change-email";
    public const string EmailChanged = "email-changed";
    public const string PasswordChanged = "password-changed";
    public const string SecondFactorOn = "second-factor-on";
    public const string SecondFactorOff = "second-factor-off";
    public const string RecoveryCodeUsed = "recovery-code-used";
}

/// <summary>A mail as it is sent.</summary>
/// <param name="Id">The same for each attempt, so that a repetition is known as one.</param>
internal sealed record OutgoingMail(Guid Id, string To, string Subject, string Text);
