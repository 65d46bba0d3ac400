using Back2Code.Identity.Erasing;
using Back2Code.Identity.Exporting;
using Microsoft.AspNetCore.Mvc;

namespace Back2Code.Identity;

/// <summary>OAuth 2.0, OpenID Connect and their pages: what anybody may ask, and proves in the request itself who it is.</summary>
internal static class ProtocolEndpoints
{
    // A token is 8 KiB at most and a form holds a few of them.
    private const int LargestBody = 64 * 1024;

    public static void MapProtocols(this IEndpointRouteBuilder routes)
    {
        var documents = routes.MapGroup("").WithTags("Discovery").AllowAnonymous();
        documents.MapGet(Routes.Discovery, Discovery.HandleMetadata).WithName("GetOpenIdConfiguration").WithSummary("OpenID Connect discovery");
        documents.MapGet(Routes.ServerMetadata, Discovery.HandleMetadata).WithName("GetServerMetadata").WithSummary("Authorization server metadata (RFC 8414)");
        documents.MapGet(Routes.Keys, Discovery.HandleKeys).WithName("GetKeys").WithSummary("The public signing keys");

        var oauth = routes.MapGroup("").WithTags("OAuth").AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(LargestBody)).AddEndpointFilter(Unavailable.AnswerClientAsync);
        oauth.MapPost(Routes.Token, TokenEndpoint.Handle).WithName("IssueToken").WithSummary("Issue tokens");
        oauth.MapPost(Routes.DeviceAuthorization, DeviceAuthorization.Handle).WithName("AuthorizeDevice").WithSummary("Begin the authorization of a device");
        oauth.MapPost(Routes.Introspection, Introspection.Handle).WithName("IntrospectToken").WithSummary("Tell whether a token is good");
        oauth.MapPost(Routes.Revocation, Revocation.Handle).WithName("RevokeToken").WithSummary("End a token");

        var pages = routes.MapGroup("").ExcludeFromDescription().AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(LargestBody)).AddEndpointFilter(Unavailable.AnswerUserAsync);
        pages.MapMethods(Routes.Authorize, [HttpMethods.Get, HttpMethods.Post], Authorization.Handle).WithName("Authorize");
        pages.MapPost(Routes.Consent, Authorization.HandleConsent).WithName("Consent");
        pages.MapGet(Routes.SignIn, SignInPage.HandleGet).WithName("ShowSignIn");
        pages.MapPost(Routes.SignIn, SignInPage.HandlePost).WithName("SignIn");
        pages.MapPost(Routes.SignInCode, SignInPage.HandleCode).WithName("SignInWithCode");
        pages.MapGet(Routes.SignOut, SignOutPage.HandleGet).WithName("ShowSignOut");
        pages.MapPost(Routes.SignOut, SignOutPage.HandlePost).WithName("SignOut");
        pages.MapMethods(Routes.Logout, [HttpMethods.Get, HttpMethods.Post], SignOutPage.HandleLogout).WithName("Logout");
        pages.MapGet(Routes.Device, DevicePage.HandleGet).WithName("ShowDevice");
        pages.MapPost(Routes.Device, DevicePage.HandlePost).WithName("DecideDevice");
        MapAccountPages(pages);
    }

    private static void MapAccountPages(RouteGroupBuilder pages)
    {
        pages.MapGet(Routes.Register, RegisterPage.HandleGet).WithName("ShowRegister");
        pages.MapPost(Routes.Register, RegisterPage.HandlePost).WithName("Register");
        pages.MapGet(Routes.RegisterConfirm, RegisterPage.HandleConfirmGet).WithName("ShowRegisterConfirm");
        pages.MapPost(Routes.RegisterConfirm, RegisterPage.HandleConfirmPost).WithName("RegisterConfirm");
        pages.MapGet(Routes.ResetPassword, ResetPasswordPage.HandleGet).WithName("ShowResetPassword");
        pages.MapPost(Routes.ResetPassword, ResetPasswordPage.HandlePost).WithName("ResetPassword");
        pages.MapGet(Routes.ResetPasswordConfirm, ResetPasswordPage.HandleConfirmGet).WithName("ShowResetPasswordConfirm");
        pages.MapPost(Routes.ResetPasswordConfirm, ResetPasswordPage.HandleConfirmPost).WithName("ResetPasswordConfirm");
        pages.MapGet(Routes.Account, AccountPage.HandleGet).WithName("ShowAccount");
        pages.MapPost(Routes.Account, AccountPage.HandlePost).WithName("EndAccountSession");
        pages.MapGet(Routes.AccountPassword, PasswordPage.HandleGet).WithName("ShowPassword");
        pages.MapPost(Routes.AccountPassword, PasswordPage.HandlePost).WithName("ChangePassword");
        pages.MapGet(Routes.AccountEmail, EmailPage.HandleGet).WithName("ShowEmail");
        pages.MapPost(Routes.AccountEmail, EmailPage.HandlePost).WithName("ChangeEmail");
        pages.MapGet(Routes.AccountEmailConfirm, EmailPage.HandleConfirmGet).WithName("ShowEmailConfirm");
        pages.MapPost(Routes.AccountEmailConfirm, EmailPage.HandleConfirmPost).WithName("ConfirmEmail");
        pages.MapGet(Routes.AccountSecondFactor, SecondFactorPage.HandleGet).WithName("ShowSecondFactor");
        pages.MapPost(Routes.AccountSecondFactor, SecondFactorPage.HandlePost).WithName("ChangeSecondFactor");
        pages.MapGet(Routes.AccountExport, ExportPage.HandleGet).WithName("ShowExport");
        pages.MapPost(Routes.AccountExport, ExportPage.HandlePost).WithName("ExportAccount");
        pages.MapGet(Routes.AccountErasure, ErasurePage.HandleGet).WithName("ShowErasure");
        pages.MapPost(Routes.AccountErasure, ErasurePage.HandlePost).WithName("EraseAccount");
    }

    /// <summary>What an access token opens, as at every other service.</summary>
    public static void MapUserInfo(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(Routes.UserInfo, [HttpMethods.Get, HttpMethods.Post], UserInfo.Handle)
            .RequireAuthorization()
            .WithTags("OAuth")
            .WithName("GetUserInfo")
            .WithSummary("Who the access token is for")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
}
