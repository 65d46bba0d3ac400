using System.Globalization;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>GET and POST /account/second-factor: on, off, and other recovery codes.</summary>
internal sealed class SecondFactorPage(
    PageGate gate, PasswordProof proof, UserStore users, SecondFactorStore secondFactors, Throttle throttle, IOptions<BearerTokenOptions> tokens, IOptions<IdentityOptions> options)
{
    private const string WrongCode = "The code is wrong, or was used before. Wait for the next one.";

    public static async Task<IResult> HandleGet(HttpContext http, SecondFactorPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (session, signIn) = await gate.RequireSessionAsync(http, Routes.AccountSecondFactor, cancellationToken);
        return session is null ? signIn! : await page.ShowAsync(http, session, message: null, StatusCodes.Status200OK, cancellationToken);
    }

    public static async Task<IResult> HandlePost(HttpContext http, SecondFactorPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, session, refusal) = await gate.ReadSignedInFormAsync(http, Routes.AccountSecondFactor, cancellationToken);
        return form is null || session is null ? refusal! : form["action"] switch
        {
            "begin" => await page.BeginAsync(http, form, session, cancellationToken),
            "confirm" => await page.ConfirmAsync(http, form, session, cancellationToken),
            "codes" or "off" => await page.ChangeAsync(http, form, session, cancellationToken),
            _ => Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read."),
        };
    }

    private async Task<IResult> BeginAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        if (await ProveAsync(http, form, session, SecurityActions.SecondFactorEnabled, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        return await secondFactors.BeginAsync(session.UserId, cancellationToken) is { } secret
            ? Enrol(http, session, secret, message: null, StatusCodes.Status200OK)
            : await ShowAsync(http, session, "A second factor is on already.", StatusCodes.Status409Conflict, cancellationToken);
    }

    private async Task<IResult> ConfirmAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        if (await secondFactors.PendingAsync(session.UserId, cancellationToken) is not { } secret)
        {
            return await ShowAsync(http, session, message: null, StatusCodes.Status200OK, cancellationToken);
        }

        return await secondFactors.ConfirmAsync(session.UserId, form["code"]?.Trim() ?? "", cancellationToken) is { } codes
            ? Codes("The second factor is on", codes)
            : Enrol(http, session, secret, WrongCode, StatusCodes.Status401Unauthorized);
    }

    /// <summary>Off, or other recovery codes: with the password and a code.</summary>
    private async Task<IResult> ChangeAsync(HttpContext http, OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        bool turnsOff = form["action"] == "off";
        string happens = turnsOff ? SecurityActions.SecondFactorDisabled : SecurityActions.RecoveryCodesReplaced;
        if (await ProveAsync(http, form, session, happens, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        // The same buckets as at the sign-in: guesses here count as guesses there.
        string account = $"code\n{session.UserId}";
        string typed = form["code"]?.Trim() ?? "";
        var wait = await throttle.TakeAsync(gate.OriginOf(http).Address, account, cancellationToken);
        if (wait == TimeSpan.Zero && RecoveryCode.Read(typed) is null)
        {
            wait = await throttle.TakeEverywhereAsync(account, options.Value.CodesPerAccount, options.Value.CodePerAccountEvery, cancellationToken);
        }

        if (wait > TimeSpan.Zero)
        {
            return await ShowAsync(http, session, PageGate.TooMany(http, wait), StatusCodes.Status429TooManyRequests, cancellationToken);
        }

        if (!await secondFactors.UseAsync(session.UserId, typed, cancellationToken))
        {
            return await ShowAsync(http, session, WrongCode, StatusCodes.Status401Unauthorized, cancellationToken);
        }

        await throttle.ForgiveAsync(gate.OriginOf(http).Address, account, cancellationToken);
        if (!turnsOff)
        {
            return await secondFactors.RenewCodesAsync(session.UserId, cancellationToken) is { } codes
                ? Codes("Other recovery codes", codes)
                : await ShowAsync(http, session, message: null, StatusCodes.Status200OK, cancellationToken);
        }

        await secondFactors.RemoveAsync(session.UserId, session.UserId.ToString(), cancellationToken);
        return new SeeOther(Routes.Account);
    }

    /// <returns>What to answer when the password was not given; null when it was.</returns>
    private async Task<IResult?> ProveAsync(HttpContext http, OAuthParameters form, Session session, string action, CancellationToken cancellationToken)
    {
        var outcome = await proof.CheckAsync(session, form["current"], gate.OriginOf(http).Address, action, cancellationToken);
        return outcome.Wait > TimeSpan.Zero
            ? await ShowAsync(http, session, PageGate.TooMany(http, outcome.Wait), StatusCodes.Status429TooManyRequests, cancellationToken)
            : outcome.User is null
                ? await ShowAsync(http, session, "The password is wrong.", StatusCodes.Status401Unauthorized, cancellationToken)
                : null;
    }

    private async Task<IResult> ShowAsync(HttpContext http, Session session, string? message, int status, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(session.UserId, cancellationToken) is not { HasSecondFactor: true })
        {
            return new Page(
                "Second factor",
                Html.Of(
                    $"""
                    {PageGate.Alert(message)}
                    <p>With a second factor, signing in takes a code of an authenticator on your telephone as well as the password.</p>
                    {Form(http, "begin", "Turn on", withCode: false)}
                    """),
                status);
        }

        string left = (await secondFactors.CountCodesAsync(session.UserId, cancellationToken)).ToString(CultureInfo.InvariantCulture);
        return new Page(
            "Second factor",
            Html.Of(
                $"""
                {PageGate.Alert(message)}
                <p>The second factor is on. {left} recovery codes are left.</p>
                {Form(http, "codes", "Make other recovery codes", withCode: true)}
                <hr>
                {Form(http, "off", "Turn off", withCode: true)}
                """),
            status);
    }

    private Html Form(HttpContext http, string action, string label, bool withCode) => Html.Of(
        $"""
        <form method="post" action="{Routes.AccountSecondFactor}">
        {gate.FormToken(http)}
        <label>Your password <input name="current" type="password" autocomplete="current-password" maxlength="256" required></label>
        {(withCode ? Html.Of($"<label>A code <input name=\"code\" autocomplete=\"one-time-code\" maxlength=\"40\" required></label>") : default)}
        <button name="action" value="{action}">{label}</button>
        </form>
        """);

    private Page Enrol(HttpContext http, Session session, byte[] secret, string? message, int status)
    {
        string issuer = new Uri(tokens.Value.Issuer).Host;
        return new(
            "Second factor",
            Html.Of(
                $"""
                {PageGate.Alert(message)}
                <p>Type this key into your authenticator, or <a href="{Totp.Address($"Back2Code {issuer}", session.UserName, secret)}">open it there</a>:</p>
                <p><code>{RecoveryCode.Show(Base32.Encode(secret))}</code></p>
                <form method="post" action="{Routes.AccountSecondFactor}">
                {gate.FormToken(http)}
                <label>The code that it shows <input name="code" autocomplete="one-time-code" inputmode="numeric" maxlength="6" required autofocus></label>
                <button name="action" value="confirm">Turn on</button>
                </form>
                """),
            status);
    }

    private static Page Codes(string title, string[] codes) => new(
        title,
        Html.Of(
            $"""
            <p>Each of these recovery codes lets you in once without the authenticator. Keep them where you find them without your telephone; they are not shown again.</p>
            <ul>{Html.Join(codes.Select(static code => Html.Of($"<li><code>{RecoveryCode.Show(code)}</code></li>")))}</ul>
            <p><a href="{Routes.Account}">Your account</a></p>
            """));
}
