using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Back2Code.Identity;

internal static class IdentityServices
{
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddOptions<IdentityOptions>()
            .BindConfiguration("Identity")
            .ValidateDataAnnotations()
            .Validate(
                static options => options.PreviousEncryptionKeys.All(static previous => AesKeyAttribute.IsKey(previous.Value)),
                "Identity:PreviousEncryptionKeys: each must be 32 bytes in base64.")
            .Validate(
                static options => (options.BootstrapClientId is null) == (options.BootstrapClientSecret is null),
                "Identity: BootstrapClientId and BootstrapClientSecret go together.")
            .ValidateOnStart();

        services.TryAddSingleton(TimeProvider.System);

        // Keys first: the service is not ready before it can sign.
        return services
            .AddSingleton<SecurityEvents>()
            .AddSingleton<KeyEncryption>()
            .AddSingleton<SigningKeys>()
            .AddHostedSingleton<KeyKeeper>()
            .AddSingleton<Discovery>()
            .AddSingleton<ClientStore>()
            .AddSingleton<ClientAuthentication>()
            .AddHostedSingleton<BootstrapClient>()
            .AddSingleton<UserStore>()
            .AddSingleton<Passwords>()
            .AddSingleton<Throttle>()
            .AddSingleton<SignIn>()
            .AddSingleton<SessionStore>()
            .AddSingleton<BrowserCookies>()
            .AddSingleton<TokenIssuer>()
            .AddSingleton<OwnTokens>()
            .AddSingleton<RefreshTokens>()
            .AddSingleton<AuthorizationCodes>()
            .AddSingleton<DeviceCodes>()
            .AddSingleton<TokenExchange>()
            .AddSingleton<TokenEndpoint>()
            .AddSingleton<DeviceAuthorization>()
            .AddSingleton<Introspection>()
            .AddSingleton<Revocation>()
            .AddSingleton<UserInfo>()
            .AddSingleton<Consents>()
            .AddSingleton<Interruption>()
            .AddSingleton<Authorization>()
            .AddSingleton<SignInPage>()
            .AddSingleton<SignOutPage>()
            .AddSingleton<DevicePage>()
            .AddHostedSingleton<RetentionSweep>();
    }

    private static IServiceCollection AddHostedSingleton<T>(this IServiceCollection services)
        where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(static provider => provider.GetRequiredService<T>());
}
