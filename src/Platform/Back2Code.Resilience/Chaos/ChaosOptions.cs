using System.ComponentModel.DataAnnotations;

namespace Back2Code.Resilience;

/// <summary>The section <c>Chaos</c> of a service: whether it may be told to misbehave on purpose. Checked when the host starts.</summary>
public sealed class ChaosOptions : IValidatableObject
{
    // 144 bits in base64: nobody guesses it, and the lab's generated secrets are longer.
    private const int LeastTokenLength = 24;

    /// <summary>Whether the switch exists at all. Default false: then nothing is mapped and no request is looked at. Only the lab sets it.</summary>
    public bool Enabled { get; set; }

    /// <summary>The secret that whoever uses the switch must present. At least 24 characters when <see cref="Enabled"/>; there is no default.</summary>
    public string Token { get; set; } = "";

    /// <summary>How long the process is not ready after its start, as one that loads something large. 0 to 10 min, default 0; only with <see cref="Enabled"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StartDelay { get; set; }

    /// <summary>
    /// Share of requests that this release fails, 0 to 1, default 0: a defect that was shipped as a setting. It lasts as long as the process. Only with <see cref="Enabled"/>.
    /// </summary>
    [Range(0.0, 1.0)]
    public double ReleaseErrors { get; set; }

    /// <summary>Time that this release adds to each request. 0 to 1 min, default 0; as <see cref="ReleaseErrors"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReleaseLatency { get; set; }

    /// <summary>Refuses a switch that is on without a secret worth the name.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Enabled && Token.Length < LeastTokenLength)
        {
            yield return new ValidationResult(
                $"Chaos:Enabled needs a Chaos:Token of at least {LeastTokenLength} characters; leave both out wherever users are served.", [nameof(Token)]);
        }
    }
}
