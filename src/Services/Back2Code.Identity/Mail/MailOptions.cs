using System.ComponentModel.DataAnnotations;

namespace Back2Code.Identity;

/// <summary>
/// The section <c>Identity:Mail</c>. With a host mail goes there; with a file alone it is written there, for a lab without a mail server; with neither,
/// nothing is sent and the pages that need it are closed.
/// </summary>
internal sealed class MailOptions : IValidatableObject
{
    public string? Host { get; set; }

    /// <summary>587 with STARTTLS and a sign-in, 25 for a relay of one's own. TLS from the first byte (465) is not spoken.</summary>
    [Range(1, 65_535)] public int Port { get; set; } = 587;

    public string From { get; set; } = "no-reply@back2code.invalid";

    public string? UserName { get; set; }

    /// <summary>File that holds the password; read for each mail, so that it can be changed without a restart.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Demand TLS by STARTTLS and a certificate that this machine trusts. Default true.</summary>
    public bool StartTls { get; set; } = true;

    /// <summary>Of one mail, 1 s to 5 minutes. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a mail is tried, 1 minute to 7 days. Default a day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>JSON Lines, one for each mail, readable by its owner only. For the lab.</summary>
    public string? File { get; set; }

    /// <summary>Mails that may wait at once; a request for one more is told to come again. 10 to 1,000,000, default 10,000.</summary>
    [Range(10, 1_000_000)] public int MostWaiting { get; set; } = 10_000;

    /// <summary>Mails with a link that one address gets within an hour, whoever asks for them; more are not sent. 1 to 100, default 5.</summary>
    [Range(1, 100)] public int MostPerAddress { get; set; } = 5;

    public bool IsOn => !string.IsNullOrEmpty(Host) || !string.IsNullOrEmpty(File);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!EmailAddress.IsValid(From))
        {
            yield return new ValidationResult("Identity:Mail:From must be a mail address.", [nameof(From)]);
        }

        if (UserName is not null && (PasswordFile is null || !StartTls))
        {
            yield return new ValidationResult("Identity:Mail:UserName needs PasswordFile and StartTls: a password is not sent in the clear.", [nameof(UserName)]);
        }
    }
}
