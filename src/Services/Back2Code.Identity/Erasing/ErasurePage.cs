namespace Back2Code.Identity.Erasing;

/// <summary>GET and POST /account/erasure: somebody's own account and all that is held about them, gone for good.</summary>
internal sealed class ErasurePage(PageGate gate, PasswordProof proof, ErasureStore erasures)
{
    public static async Task<IResult> HandleGet(HttpContext http, ErasurePage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (session, signIn) = await gate.RequireSessionAsync(http, Routes.AccountErasure, cancellationToken);
        return session is null ? signIn! : page.Show(http, session, message: null, StatusCodes.Status200OK);
    }

    public static async Task<IResult> HandlePost(HttpContext http, ErasurePage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, session, refusal) = await gate.ReadSignedInFormAsync(http, Routes.AccountErasure, cancellationToken);
        return form is null || session is null ? refusal! : await page.EraseAsync(http, form, session, cancellationToken);
    }

    private async Task<IResult> EraseAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        if (form["name"]?.Trim() != session.UserName)
        {
            return Show(http, session, "Type the name of this account to say that you mean it.", StatusCodes.Status400BadRequest);
        }

        var outcome = await proof.CheckAsync(session, form["current"], gate.OriginOf(http).Address, SecurityActions.ErasureRequested, cancellationToken);
        if (outcome.Wait > TimeSpan.Zero)
        {
            return Show(http, session, PageGate.TooMany(http, outcome.Wait), StatusCodes.Status429TooManyRequests);
        }

        if (outcome.User is null)
        {
            return Show(http, session, "The password is wrong.", StatusCodes.Status401Unauthorized);
        }

        // The session has gone with everything else, so this page is the last one.
        var erasure = await erasures.RequestAsync(session.UserId, session.UserId.ToString(), cancellationToken);
        return new Page(
            "Your account was erased",
            Html.Of(
                $"""
                <p>Nothing is held about you here any more, and the other services erase what they hold within moments.</p>
                <p>Should you ever ask what became of it, this is its number: <code>{erasure!.Id.ToString()}</code></p>
                """));
    }

    private Page Show(HttpContext http, Session session, string? message, int status) => new(
        "Erase your account",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <p>This erases your account and all that you have written, in every service. Nobody can bring it back. <a href="{Routes.Account}">Your account</a></p>
            <form method="post" action="{Routes.AccountErasure}">
            {gate.FormToken(http)}
            <label>The name of this account, {session.UserName} <input name="name" autocomplete="off" maxlength="63" required autofocus></label>
            <label>Your password <input name="current" type="password" autocomplete="current-password" maxlength="256" required></label>
            <button>Erase everything</button>
            </form>
            """),
        status);
}
