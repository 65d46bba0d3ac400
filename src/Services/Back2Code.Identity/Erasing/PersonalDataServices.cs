using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity.Erasing;

/// <summary>Who else holds personal data, as <see cref="IdentityOptions.PersonalData"/> says.</summary>
internal sealed partial class PersonalDataServices(IOptions<IdentityOptions> options)
{
    /// <summary>What this service calls itself in records.</summary>
    public const string Own = "identity";

    public string[] Names { get; } = [.. options.Value.PersonalData.Keys.Order(StringComparer.Ordinal)];

    public static bool IsName(string name) => NamePattern().IsMatch(name);

    /// <summary>A name that is not this service's own, and the path of an export below the gateway.</summary>
    public static bool IsValid(KeyValuePair<string, string> service) =>
        IsName(service.Key) && service.Key != Own && service.Value.StartsWith("/v1/", StringComparison.Ordinal) && !service.Value.EndsWith('/');

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
