using System.ComponentModel.DataAnnotations;

namespace Back2Code.ServiceDefaults;

/// <summary>The section <c>Cors</c>: which other sites' scripts may read a service's answers. None, unless they are named. Checked when the host starts.</summary>
public sealed class CrossOriginOptions : IValidatableObject
{
    /// <summary>
    /// Origins, written as browsers write them: <c>https://app.example.com</c>, without a path or a slash at the end; http on loopback addresses only. At most 100, no wildcards.
    /// They may send any method and the headers of the platform; cookies are never sent along. Default: none.
    /// </summary>
    [MaxLength(100)] public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Whether each origin is one, so that a misspelt one does not merely not work.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedOrigins.Where(static origin => !IsOrigin(origin)).Select(static origin => new ValidationResult(
            $"'{origin}' is not an origin as a browser writes it: https://HOST or https://HOST:PORT in lower case, http for loopback addresses only.", [nameof(AllowedOrigins)]));

    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.GetLeftPart(UriPartial.Authority) == origin
        && uri.UserInfo.Length == 0
        && !origin.Contains('*', StringComparison.Ordinal);
}
