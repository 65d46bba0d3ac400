namespace Back2Code.Identity;

/// <summary>Where mail goes.</summary>
internal interface IMailTransport
{
    /// <summary>Whatever it throws, the mail counts as not sent and is tried again.</summary>
    Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken);
}
