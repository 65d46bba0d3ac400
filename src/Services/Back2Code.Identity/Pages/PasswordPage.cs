namespace Back2Code.Identity;

/// <summary>GET and POST /account/password</summary>
internal sealed class PasswordPage(PageGate gate, PasswordProof proof, AccountStore accounts, Passwords passwords)
{
    public static async Task<IResult> HandleGet(HttpContext http, PasswordPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (session, signIn) = await gate.RequireSessionAsync(http, Routes.AccountPassword, cancellationToken);
        return session is null ? signIn! : page.Show(http, session, message: null, StatusCodes.Status200OK);
    }

    public static async Task<IResult> HandlePost(HttpContext http, PasswordPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, session, refusal) = await gate.ReadSignedInFormAsync(http, Routes.AccountPassword, cancellationToken);
        return form is null || session is null ? refusal! : await page.ChangeAsync(http, form, session, cancellationToken);
    }

    private async Task<IResult> ChangeAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        if (PasswordRules.Check(form["password"], form["again"] ?? "", session.UserName) is { } wrong)
        {
            return Show(http, session, wrong, StatusCodes.Status400BadRequest);
        }

        var outcome = await proof.CheckAsync(session, form["current"], gate.OriginOf(http).Address, SecurityActions.PasswordChanged, cancellationToken);
        if (outcome.Wait > TimeSpan.Zero)
        {
            return Show(http, session, PageGate.TooMany(http, outcome.Wait), StatusCodes.Status429TooManyRequests);
        }

        if (outcome.User is null)
        {
            return Show(http, session, "The present password is wrong.", StatusCodes.Status401Unauthorized);
        }

        await accounts.ChangePasswordAsync(session, await passwords.HashAsync(form["password"]!, gate.OriginOf(http).Address, cancellationToken), cancellationToken);
        return new Page("Password changed", Html.Of($"<p>All other sessions were ended, and what applications could do in your name. <a href=\"{Routes.Account}\">Your account</a></p>"));
    }

    private Page Show(HttpContext http, Session session, string? message, int status) => new(
        "Change your password",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <form method="post" action="{Routes.AccountPassword}">
            {gate.FormToken(http)}<input type="hidden" name="username" value="{session.UserName}">
            <label>Present password <input name="current" type="password" autocomplete="current-password" maxlength="256" required autofocus></label>
            {NewPassword.Fields()}
            <button>Change password</button>
            </form>
            """),
        status);
}
