using System.ComponentModel.DataAnnotations;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>One entry of the section <c>Monitoring:Webhooks</c>.</summary>
internal sealed class WebhookOptions : IValidatableObject
{
    /// <summary>Where news is posted; http or https.</summary>
    public string Url { get; set; } = "";

    /// <summary>File that holds the key of the signature, at least 16 characters; read for each delivery.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>info, warning, error or critical. Default warning.</summary>
    public string MinimumSeverity { get; set; } = "warning";

    /// <summary>After a delivery on an incident the next one waits this long and tells everything since, unless it is worse. 0 to 1 hour, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GatherFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Of one delivery, 1 s to 1 minute. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a delivery is tried, 1 minute to 7 days. Default a day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            yield return new ValidationResult("Monitoring:Webhooks: Url must be an http or https address.", [nameof(Url)]);
        }

        if (SecretFile.Length == 0)
        {
            yield return new ValidationResult("Monitoring:Webhooks: SecretFile is needed, the receiver could not know us otherwise.", [nameof(SecretFile)]);
        }

        if (!IncidentChanges.TryParse(MinimumSeverity, out Alerts.Severity _))
        {
            yield return new ValidationResult("Monitoring:Webhooks: MinimumSeverity must be info, warning, error or critical.", [nameof(MinimumSeverity)]);
        }
    }
}
