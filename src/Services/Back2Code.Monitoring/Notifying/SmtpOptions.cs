using System.ComponentModel.DataAnnotations;
using System.Net.Mail;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>The section <c>Monitoring:Smtp</c>. Without a host no mail is sent.</summary>
internal sealed class SmtpOptions : IValidatableObject
{
    public string? Host { get; set; }

    /// <summary>587 with STARTTLS and a sign-in, 25 for a relay of one's own. TLS from the first byte (465) is not spoken.</summary>
    [Range(1, 65_535)] public int Port { get; set; } = 587;

    public string From { get; set; } = "";

    /// <summary>One address or several, separated by commas.</summary>
    public string To { get; set; } = "";

    public string? UserName { get; set; }

    /// <summary>File that holds the password; read for each mail, so that it can be changed without a restart.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Demand TLS by STARTTLS and a certificate that this machine trusts. Default true.</summary>
    public bool StartTls { get; set; } = true;

    /// <summary>info, warning, error or critical. Default warning.</summary>
    public string MinimumSeverity { get; set; } = "warning";

    /// <summary>After a mail on an incident the next one waits this long and tells everything since, unless it is worse. 0 to 1 hour, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GatherFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of one mail, 1 s to 5 minutes. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a mail is tried, 1 minute to 7 days. Default a day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Host))
        {
            yield break;
        }

        if (!MailAddress.TryCreate(From, out _))
        {
            yield return new ValidationResult("Monitoring:Smtp:From must be a mail address.", [nameof(From)]);
        }

        if (To.Split(',', StringSplitOptions.TrimEntries) is { } addresses && (addresses.Length > 50 || !addresses.All(a => MailAddress.TryCreate(a, out _))))
        {
            yield return new ValidationResult("Monitoring:Smtp:To must be 1 to 50 mail addresses, separated by commas.", [nameof(To)]);
        }

        if (!IncidentChanges.TryParse(MinimumSeverity, out Alerts.Severity _))
        {
            yield return new ValidationResult("Monitoring:Smtp:MinimumSeverity must be info, warning, error or critical.", [nameof(MinimumSeverity)]);
        }

        if (UserName is not null && (PasswordFile is null || !StartTls))
        {
            yield return new ValidationResult("Monitoring:Smtp:UserName needs PasswordFile and StartTls: a password is not sent in the clear.", [nameof(UserName)]);
        }
    }
}
