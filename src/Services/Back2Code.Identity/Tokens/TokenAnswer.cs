using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Identity;

/// <summary>A successful answer of the token endpoint (RFC 6749, section 5.1).</summary>
internal sealed record TokenAnswer(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires_in")] long ExpiresIn,
    [property: JsonPropertyName("scope")] string Scope) : IResult
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [JsonPropertyName("token_type")]
    public string TokenType { get; } = "Bearer";

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("id_token")]
    public string? IdToken { get; init; }

    /// <summary>Of token exchange only (RFC 8693, section 2.2.1).</summary>
    [JsonPropertyName("issued_token_type")]
    public string? IssuedTokenType { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        NoStore.Apply(httpContext.Response);
        return httpContext.Response.WriteAsJsonAsync(this, Json, httpContext.RequestAborted);
    }
}
