using Back2Code.Identity.Erasing;
using Back2Code.Identity.Exporting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

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
            .Validate(
                static options => options.PersonalData.All(PersonalDataServices.IsValid),
                "Identity:PersonalData: each must be the name of another service, and the path of its export: /v1/…")
            .ValidateOnStart();
        services.AddOptions<MailOptions>().BindConfiguration("Identity:Mail").ValidateDataAnnotations().ValidateOnStart();

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
            .AddSingleton<EmailVault>()
            .AddSingleton<MailQueue>()
            .AddSingleton<MailComposer>()
            .AddSingleton<IMailTransport>(static provider => string.IsNullOrEmpty(provider.GetRequiredService<IOptions<MailOptions>>().Value.Host)
                ? ActivatorUtilities.CreateInstance<FileTransport>(provider)
                : ActivatorUtilities.CreateInstance<SmtpTransport>(provider))
            .AddHostedSingleton<MailSender>()
            .AddSingleton<UserStore>()
            .AddSingleton<AccountTokens>()
            .AddSingleton<AccountStore>()
            .AddSingleton<Applications>()
            .AddSingleton<PasswordProof>()
            .AddSingleton<SecondFactorStore>()
            .AddSingleton<SignInChallenge>()
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
            .AddSingleton<PersonalDataServices>()
            .AddSingleton<OwnData>()
            .AddSingleton<ErasureStore>()
            .AddSingleton<PageGate>()
            .AddSingleton<SignInPage>()
            .AddSingleton<RegisterPage>()
            .AddSingleton<ResetPasswordPage>()
            .AddSingleton<AccountPage>()
            .AddSingleton<PasswordPage>()
            .AddSingleton<EmailPage>()
            .AddSingleton<SecondFactorPage>()
            .AddSingleton<UserExporter>()
            .AddSingleton<ExportPage>()
            .AddSingleton<Reencryption>()
            .AddSingleton<ErasurePage>()
            .AddSingleton<SignOutPage>()
            .AddSingleton<DevicePage>()
            .AddHostedSingleton<RetentionSweep>();
    }

    private static IServiceCollection AddHostedSingleton<T>(this IServiceCollection services)
        where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(static provider => provider.GetRequiredService<T>());
}
