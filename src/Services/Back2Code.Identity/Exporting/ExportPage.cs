namespace Back2Code.Identity.Exporting;

/// <summary>GET and POST /account/export: all that this service holds about whoever is signed in, as a file.</summary>
internal sealed class ExportPage(PageGate gate, PasswordProof proof, UserExporter exporter)
{
    public static async Task<IResult> HandleGet(HttpContext http, ExportPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (session, signIn) = await gate.RequireSessionAsync(http, Routes.AccountExport, cancellationToken);
        return session is null ? signIn! : page.Show(http, session, message: null, StatusCodes.Status200OK);
    }

    public static async Task<IResult> HandlePost(HttpContext http, ExportPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, session, refusal) = await gate.ReadSignedInFormAsync(http, Routes.AccountExport, cancellationToken);
        return form is null || session is null ? refusal! : await page.ExportAsync(http, form, session, cancellationToken);
    }

    private async Task<IResult> ExportAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        var outcome = await proof.CheckAsync(session, form["current"], gate.OriginOf(http).Address, SecurityActions.UserExported, cancellationToken);
        if (outcome.Wait > TimeSpan.Zero)
        {
            return Show(http, session, PageGate.TooMany(http, outcome.Wait), StatusCodes.Status429TooManyRequests);
        }

        if (outcome.User is null || await exporter.ExportAsync(session.UserId, session.UserId.ToString(), isOwn: true, cancellationToken) is not { } export)
        {
            return Show(http, session, "The password is wrong.", StatusCodes.Status401Unauthorized);
        }

        NoStore.Apply(http.Response);
        http.Response.Headers.ContentDisposition = "attachment; filename=\"back2code-account.json\"";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Ok(export);
    }

    private Page Show(HttpContext http, Session session, string? message, int status) => new(
        "What is held about you",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <p>A file with all that your account consists of here: name, address, sessions, applications, and what the audit trail says. It also names where the other services
            give out what you have written and were told; any application that acts in your name can fetch that, and an operator can fetch everything at once for you.</p>
            <form method="post" action="{Routes.AccountExport}">
            {gate.FormToken(http)}<input type="hidden" name="username" value="{session.UserName}">
            <label>Your password <input name="current" type="password" autocomplete="current-password" maxlength="256" required autofocus></label>
            <button>Download</button>
            </form>
            <p><a href="{Routes.Account}">Your account</a></p>
            """),
        status);
}
