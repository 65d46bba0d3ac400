using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Identity;

/// <summary>The parameters of a request: each at most once, and one without a value is none (RFC 6749, sections 3.1 and 3.2).</summary>
internal sealed class OAuthParameters
{
    private static readonly FormOptions Limits = new() { ValueCountLimit = 64, KeyLengthLimit = 256, ValueLengthLimit = 16 * 1024, BufferBody = false };

    private readonly Dictionary<string, string> _values;

    private OAuthParameters(Dictionary<string, string> values) => _values = values;

    public string? this[string name] => _values.GetValueOrDefault(name);

    public IEnumerable<KeyValuePair<string, string>> All => _values;

    /// <summary>Reads the parameters of a query or a form.</summary>
    /// <returns>False when one stands there twice, or holds a control character.</returns>
    public static bool TryCreate(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> pairs, [NotNullWhen(true)] out OAuthParameters? parameters)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        parameters = null;
        foreach (var (name, value) in pairs)
        {
            if (value.Count != 1 || name.Any(char.IsControl) || value[0]!.Any(char.IsControl))
            {
                return false;
            }

            // The framework's collections treat names alike that differ in case only: those arrive here as one name with two values, and are refused.
            if (value[0]!.Length > 0)
            {
                values.Add(name, value[0]!);
            }
        }

        parameters = new(values);
        return true;
    }

    /// <summary>The parameters of a request that may come either way, in the query or as a form; null when they cannot be read.</summary>
    public static async Task<OAuthParameters?> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        HttpMethods.IsPost(request.Method)
            ? (await ReadFormAsync(request, cancellationToken)).Form
            : TryCreate(request.Query, out var parameters) ? parameters : null;

    public static async Task<(OAuthParameters? Form, OAuthError? Error)> ReadFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType || request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
        {
            return (null, OAuthError.InvalidRequest("The request body must be application/x-www-form-urlencoded."));
        }

        try
        {
            var form = await request.ReadFormAsync(Limits, cancellationToken);
            return TryCreate(form, out var parameters)
                ? (parameters, null)
                : (null, OAuthError.InvalidRequest("A parameter stands there twice, or holds a control character."));
        }
        catch (InvalidDataException)
        {
            return (null, OAuthError.InvalidRequest("The form has too many parameters, or one that is too long."));
        }
        catch (BadHttpRequestException exception)
        {
            return (null, OAuthError.InvalidRequest("The request body could not be read.") with { Status = exception.StatusCode });
        }
    }
}
