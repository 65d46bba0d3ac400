namespace Back2Code.Identity;

/// <summary>GET and POST /reset-password and /reset-password/confirm. The first page looks nobody up: whoever sends the mail does.</summary>
internal sealed class ResetPasswordPage(
    PageGate gate, BrowserCookies cookies, MailQueue mail, AccountTokens tokens, AccountStore accounts, Passwords passwords, Throttle throttle)
{
    private static readonly Page Closed = Page.Error(StatusCodes.Status404NotFound, "This server sends no mail. Ask an operator for another password.");
    private static readonly Page Ended = Page.Error(StatusCodes.Status400BadRequest, "This link is good no more: it was used, or is too old. Ask for another.");

    public static IResult HandleGet(HttpContext http, ResetPasswordPage page) =>
        page.IsOpen ? page.Ask(http, account: null, message: null, StatusCodes.Status200OK) : Closed;

    public static async Task<IResult> HandlePost(HttpContext http, ResetPasswordPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.RequestAsync(http, form, cancellationToken);
    }

    public static async Task<IResult> HandleConfirmGet(HttpContext http, ResetPasswordPage page, CancellationToken cancellationToken)
    {
        var (query, refusal) = PageGate.ReadQuery(http);
        return query is null ? refusal!
            : page.IsOpen ? await page.ChooseAsync(http, query["token"], message: null, StatusCodes.Status200OK, cancellationToken)
            : Closed;
    }

    public static async Task<IResult> HandleConfirmPost(HttpContext http, ResetPasswordPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.ResetAsync(http, form, cancellationToken);
    }

    private bool IsOpen => mail.IsOn;

    private async Task<(OAuthParameters? Form, IResult? Refusal)> ReadFormAsync(HttpContext http, CancellationToken cancellationToken) =>
        IsOpen ? await gate.ReadFormAsync(http, cancellationToken) : (null, Closed);

    private async Task<IResult> RequestAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string account = form["account"]?.Trim() ?? "";
        if (!EmailAddress.IsValid(account) && !UserName.IsValid(account.ToLowerInvariant()))
        {
            return Ask(http, account, "This is neither a name nor an e-mail address.", StatusCodes.Status400BadRequest);
        }

        var wait = await throttle.TakeAsync(gate.OriginOf(http).Address, $"reset\n{account.ToLowerInvariant()}", cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return Ask(http, account, PageGate.TooMany(http, wait), StatusCodes.Status429TooManyRequests);
        }

        await mail.AskAsync(new(MailKinds.ResetPassword, account, Token: Secret.Create()), cancellationToken);
        return new Page("Look into your mail", Html.Of($"<p>If {account} has an account with an e-mail address, a mail with a link is on its way.</p>"));
    }

    private async Task<IResult> ResetAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string? token = form["token"];
        Task<IResult> Again(string message, int status) => ChooseAsync(http, token, message, status, cancellationToken);

        var wait = await throttle.TakeAsync(gate.OriginOf(http).Address, "reset confirm", cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return await Again(PageGate.TooMany(http, wait), StatusCodes.Status429TooManyRequests);
        }

        if (await tokens.FindAsync(token, AccountTokens.ResetPassword, cancellationToken) is not { } link)
        {
            return Ended;
        }

        if (PasswordRules.Check(form["password"], form["again"] ?? "", link.UserName) is { } wrong)
        {
            return await Again(wrong, StatusCodes.Status400BadRequest);
        }

        string hash = await passwords.HashAsync(form["password"]!, gate.OriginOf(http).Address, cancellationToken);
        if (!await accounts.ResetPasswordAsync(token!, hash, cancellationToken))
        {
            return Ended;
        }

        cookies.ClearSession(http.Response);
        return new Page("Password set", Html.Of($"<p>All sessions of {link.UserName} were ended. <a href=\"{Routes.SignIn}\">Sign in</a> with the new password.</p>"));
    }

    private Page Ask(HttpContext http, string? account, string? message, int status) => new(
        "Forgot your password?",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <form method="post" action="{Routes.ResetPassword}">
            {gate.FormToken(http)}
            <label>Name or e-mail address <input name="account" value="{account}" autocomplete="username" autocapitalize="none" maxlength="254" required autofocus></label>
            <button>Send a link</button>
            </form>
            """),
        status);

    private async Task<IResult> ChooseAsync(HttpContext http, string? token, string? message, int status, CancellationToken cancellationToken) =>
        await tokens.FindAsync(token, AccountTokens.ResetPassword, cancellationToken) is not { } link
            ? Ended
            : new Page(
                "Set another password",
                Html.Of(
                    $"""
                    {PageGate.Alert(message)}
                    <p>For the account {link.UserName}</p>
                    <form method="post" action="{Routes.ResetPasswordConfirm}">
                    {gate.FormToken(http)}<input type="hidden" name="token" value="{token}">
                    {NewPassword.Fields()}
                    <button>Set password</button>
                    </form>
                    """),
                status);
}
