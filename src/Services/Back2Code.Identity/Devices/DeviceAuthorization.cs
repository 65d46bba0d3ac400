using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>POST /oauth2/device_authorization (RFC 8628, section 3.1)</summary>
internal sealed class DeviceAuthorization(
    ClientAuthentication authentication, DeviceCodes codes, IOptions<BearerTokenOptions> tokens, IOptions<IdentityOptions> options)
{
    public static async Task<IResult> Handle(HttpRequest request, DeviceAuthorization operation, CancellationToken cancellationToken)
    {
        var (form, malformed) = await OAuthParameters.ReadFormAsync(request, cancellationToken);
        if (form is null)
        {
            return malformed!;
        }

        var (client, refused) = await operation.Authenticate(request, form, cancellationToken);
        if (client is null)
        {
            return refused!;
        }

        if (!client.May(GrantTypes.DeviceCode))
        {
            return OAuthError.UnauthorizedClient();
        }

        return RequestedScope.Parse(form["scope"])?.Within(client) is { } scope
            ? await operation.ExecuteAsync(client, scope, cancellationToken)
            : OAuthError.InvalidScope();
    }

    private Task<(Client?, OAuthError?)> Authenticate(HttpRequest request, OAuthParameters form, CancellationToken cancellationToken) =>
        authentication.AuthenticateAsync(request, form, cancellationToken);

    private async Task<IResult> ExecuteAsync(Client client, RequestedScope scope, CancellationToken cancellationToken)
    {
        var (deviceCode, userCode) = await codes.CreateAsync(client, scope, cancellationToken);
        string page = tokens.Value.Issuer.TrimEnd('/') + Routes.Device;
        return new DeviceAnswer(
            deviceCode, UserCode.Show(userCode), page, $"{page}?user_code={UserCode.Show(userCode)}",
            (long)options.Value.DeviceCodeLifetime.TotalSeconds, options.Value.DevicePollSeconds);
    }
}

internal sealed record DeviceAnswer(
    [property: JsonPropertyName("device_code")] string DeviceCode,
    [property: JsonPropertyName("user_code")] string UserCode,
    [property: JsonPropertyName("verification_uri")] string VerificationUri,
    [property: JsonPropertyName("verification_uri_complete")] string VerificationUriComplete,
    [property: JsonPropertyName("expires_in")] long ExpiresIn,
    [property: JsonPropertyName("interval")] int Interval) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        NoStore.Apply(httpContext.Response);
        return httpContext.Response.WriteAsJsonAsync(this, JsonSerializerOptions.Web, httpContext.RequestAborted);
    }
}
