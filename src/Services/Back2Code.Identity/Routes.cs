namespace Back2Code.Identity;

/// <summary>The addresses of the protocols and of the pages, below the issuer.</summary>
internal static class Routes
{
    public const string Discovery = "/.well-known/openid-configuration";
    public const string ServerMetadata = "/.well-known/oauth-authorization-server";
    public const string Keys = "/.well-known/jwks.json";

    public const string Authorize = "/oauth2/authorize";
    public const string Token = "/oauth2/token";
    public const string DeviceAuthorization = "/oauth2/device_authorization";
    public const string Introspection = "/oauth2/introspect";
    public const string Revocation = "/oauth2/revoke";
    public const string UserInfo = "/oauth2/userinfo";
    public const string Logout = "/oauth2/logout";

    public const string SignIn = "/sign-in";
    public const string SignInCode = "/sign-in/code";
    public const string SignOut = "/sign-out";
    public const string Consent = "/consent";
    public const string Device = "/device";

    public const string Register = "/register";
    public const string RegisterConfirm = "/register/confirm";
    public const string ResetPassword = "/reset-password";
    public const string ResetPasswordConfirm = "/reset-password/confirm";
    public const string Account = "/account";
    public const string AccountPassword = "/account/password";
    public const string AccountEmail = "/account/email";
    public const string AccountEmailConfirm = "/account/email/confirm";
    public const string AccountSecondFactor = "/account/second-factor";
    public const string AccountExport = "/account/export";
    public const string AccountErasure = "/account/erasure";
}
