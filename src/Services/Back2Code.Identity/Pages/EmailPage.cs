namespace Back2Code.Identity;

/// <summary>GET and POST /account/email and /account/email/confirm: an address is the user's when a link that was sent there was followed.</summary>
internal sealed class EmailPage(PageGate gate, PasswordProof proof, AccountStore accounts, AccountTokens tokens, MailQueue mail)
{
    private static readonly Page Closed = Page.Error(StatusCodes.Status404NotFound, "This server sends no mail.");
    private static readonly Page Ended = Page.Error(StatusCodes.Status400BadRequest, "This link is good no more: it was used, or is too old.");

    public static async Task<IResult> HandleGet(HttpContext http, EmailPage page, CancellationToken cancellationToken)
    {
        var (session, signIn) = await page.RequireSessionAsync(http, cancellationToken);
        return session is null ? signIn! : page.Show(http, email: null, message: null, StatusCodes.Status200OK);
    }

    public static async Task<IResult> HandlePost(HttpContext http, EmailPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        if (form is null)
        {
            return refusal!;
        }

        var (session, signIn) = await page.RequireSessionAsync(http, cancellationToken);
        return session is null ? signIn! : await page.RequestAsync(http, form, session, cancellationToken);
    }

    public static async Task<IResult> HandleConfirmGet(HttpContext http, EmailPage page, CancellationToken cancellationToken)
    {
        var (query, refusal) = PageGate.ReadQuery(http);
        return query is null ? refusal! : await page.AskAsync(http, query["token"], cancellationToken);
    }

    public static async Task<IResult> HandleConfirmPost(HttpContext http, EmailPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.ConfirmAsync(form, cancellationToken);
    }

    private async Task<(OAuthParameters? Form, IResult? Refusal)> ReadFormAsync(HttpContext http, CancellationToken cancellationToken) =>
        mail.IsOn ? await gate.ReadFormAsync(http, cancellationToken) : (null, Closed);

    private async Task<(Session? Session, IResult? SignIn)> RequireSessionAsync(HttpContext http, CancellationToken cancellationToken) =>
        mail.IsOn ? await gate.RequireSessionAsync(http, Routes.AccountEmail, cancellationToken) : (null, Closed);

    private async Task<IResult> RequestAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        string email = form["email"]?.Trim() ?? "";
        if (!EmailAddress.IsValid(email))
        {
            return Show(http, email, "This is no e-mail address that can be used here.", StatusCodes.Status400BadRequest);
        }

        var outcome = await proof.CheckAsync(session, form["current"], gate.OriginOf(http).Address, SecurityActions.EmailChangeRequested, cancellationToken);
        if (outcome.Wait > TimeSpan.Zero)
        {
            return Show(http, email, PageGate.TooMany(http, outcome.Wait), StatusCodes.Status429TooManyRequests);
        }

        if (outcome.User is null)
        {
            return Show(http, email, "The password is wrong.", StatusCodes.Status401Unauthorized);
        }

        // Whether another account has the address, its reader is told and nobody else.
        await mail.AskAsync(new(MailKinds.ChangeEmail, email, session.UserId, Secret.Create()), cancellationToken);
        return new Page("Look into your mail", Html.Of($"<p>A mail to {email} is on its way. Follow its link to confirm the address; until then nothing changes.</p>"));
    }

    private async Task<IResult> ConfirmAsync(OAuthParameters form, CancellationToken cancellationToken) =>
        form["token"] is { Length: < 100 } token && await accounts.ConfirmEmailAsync(token, cancellationToken)
            ? new Page("Address confirmed", Html.Of($"<p>Mail goes there from now on. <a href=\"{Routes.Account}\">Your account</a></p>"))
            : Ended;

    private Page Show(HttpContext http, string? email, string? message, int status) => new(
        "Change your e-mail address",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <form method="post" action="{Routes.AccountEmail}">
            {gate.FormToken(http)}
            <label>New e-mail address <input name="email" type="email" value="{email}" autocomplete="email" maxlength="254" required autofocus></label>
            <label>Your password <input name="current" type="password" autocomplete="current-password" maxlength="256" required></label>
            <button>Send a link</button>
            </form>
            """),
        status);

    private async Task<IResult> AskAsync(HttpContext http, string? token, CancellationToken cancellationToken) =>
        await tokens.FindAsync(token, AccountTokens.ChangeEmail, cancellationToken) is not { } link
            ? Ended
            : new Page(
                "Confirm the address?",
                Html.Of(
                    $"""
                    <p>Mail for the account {link.UserName} shall go to {link.Address}.</p>
                    <form method="post" action="{Routes.AccountEmailConfirm}">
                    {gate.FormToken(http)}<input type="hidden" name="token" value="{token}">
                    <button>Confirm</button>
                    </form>
                    """));
}
