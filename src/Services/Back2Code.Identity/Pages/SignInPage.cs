using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>GET and POST /sign-in, and POST /sign-in/code for whoever has a second factor.</summary>
internal sealed class SignInPage(
    SignIn signIn, SignInChallenge challenge, PageGate gate, BrowserCookies cookies, ClientStore clients, MailQueue mail, IOptions<IdentityOptions> options)
{
    private const string Wrong = "The name or the password is wrong.";
    private const string WrongCode = "The code is wrong, or was used before.";

    public static async Task<IResult> HandleGet(HttpContext http, SignInPage page, CancellationToken cancellationToken)
    {
        var (query, refusal) = PageGate.ReadQuery(http);
        return query is null ? refusal! : await page.ShowAsync(http, query["continue"], name: null, message: null, StatusCodes.Status200OK, cancellationToken);
    }

    public static async Task<IResult> HandlePost(HttpContext http, SignInPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, refusal) = await gate.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.SignInAsync(http, form, cancellationToken);
    }

    public static async Task<IResult> HandleCode(HttpContext http, SignInPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, refusal) = await gate.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.FinishAsync(http, form, cancellationToken);
    }

    private async Task<IResult> SignInAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string name = form["name"] ?? "";
        string? address = form["continue"];
        return await signIn.ExecuteAsync(name, form["password"] ?? "", gate.OriginOf(http), cookies.Session(http.Request), cancellationToken) switch
        {
            SignInOutcome.SignedIn signedIn => GoOn(http, signedIn, address),
            SignInOutcome.NeedsCode needs => await AskForCodeAsync(
                http, challenge.Create(needs.User, cookies.Browser(http.Request)!), address, message: null, StatusCodes.Status200OK, cancellationToken),
            SignInOutcome.Throttled throttled => await ShowAsync(
                http, address, name, PageGate.TooMany(http, throttled.RetryAfter), StatusCodes.Status429TooManyRequests, cancellationToken),
            _ => await ShowAsync(http, address, name, Wrong, StatusCodes.Status401Unauthorized, cancellationToken),
        };
    }

    private async Task<IResult> FinishAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string? address = form["continue"];
        if (challenge.Read(form["challenge"], cookies.Browser(http.Request)!) is not { } passed)
        {
            return await ShowAsync(http, address, name: null, "That took too long. Sign in again.", StatusCodes.Status401Unauthorized, cancellationToken);
        }

        return await signIn.FinishAsync(passed, form["code"]?.Trim() ?? "", gate.OriginOf(http), cookies.Session(http.Request), cancellationToken) switch
        {
            SignInOutcome.SignedIn signedIn => GoOn(http, signedIn, address),
            SignInOutcome.NeedsCode => await AskForCodeAsync(http, form["challenge"]!, address, WrongCode, StatusCodes.Status401Unauthorized, cancellationToken),
            SignInOutcome.Throttled throttled => await AskForCodeAsync(
                http, form["challenge"]!, address, PageGate.TooMany(http, throttled.RetryAfter), StatusCodes.Status429TooManyRequests, cancellationToken),
            _ => await ShowAsync(http, address, name: null, Wrong, StatusCodes.Status401Unauthorized, cancellationToken),
        };
    }

    private SeeOther GoOn(HttpContext http, SignInOutcome.SignedIn signedIn, string? address)
    {
        cookies.SetSession(http.Response, signedIn.Cookie);
        return new SeeOther(Interruption.IsOurs(address) ? address! : Routes.Account);
    }

    private async Task<IResult> ShowAsync(HttpContext http, string? address, string? name, string? message, int status, CancellationToken cancellationToken)
    {
        var request = await ReadRequestAsync(address, cancellationToken);
        return new Page(
            "Sign in",
            Html.Of(
                $"""
                {PageGate.Alert(message)}
                <form method="post" action="{Routes.SignIn}">
                {gate.FormToken(http)}{Continue(address)}
                <label>Name <input name="name" value="{name ?? request?.LoginHint}" autocomplete="username" autocapitalize="none" maxlength="63" required autofocus></label>
                <label>Password <input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>
                <button>Sign in</button>
                </form>
                {Ways()}
                """),
            status,
            request is null ? null : Page.OriginOf(request.RedirectUri));
    }

    private async Task<IResult> AskForCodeAsync(HttpContext http, string passed, string? address, string? message, int status, CancellationToken cancellationToken)
    {
        var request = await ReadRequestAsync(address, cancellationToken);
        return new Page(
            "Second factor",
            Html.Of(
                $"""
                {PageGate.Alert(message)}
                <form method="post" action="{Routes.SignInCode}">
                {gate.FormToken(http)}{Continue(address)}<input type="hidden" name="challenge" value="{passed}">
                <label>Code of your authenticator, or a recovery code <input name="code" autocomplete="one-time-code" autocapitalize="none" maxlength="40" required autofocus></label>
                <button>Sign in</button>
                </form>
                """),
            status,
            request is null ? null : Page.OriginOf(request.RedirectUri));
    }

    /// <summary>The request that goes on afterwards. Where the browser may end up is the client's to say, and known only when its whole request is in order.</summary>
    private async Task<AuthorizationQuery?> ReadRequestAsync(string? address, CancellationToken cancellationToken) =>
        Interruption.Read(address) is { } parameters && await AuthorizationQuery.ReadAsync(parameters, clients, cancellationToken) is AuthorizationReading.InOrder inOrder
            ? inOrder.Request
            : null;

    private static Html Continue(string? address) =>
        Html.Of($"<input type=\"hidden\" name=\"continue\" value=\"{(Interruption.IsOurs(address) ? address : "")}\">");

    private Html Ways() =>
        !mail.IsOn ? default
        : options.Value.RegisteredRole is null ? Html.Of($"<p><a href=\"{Routes.ResetPassword}\">Forgot your password?</a></p>")
        : Html.Of($"<p><a href=\"{Routes.ResetPassword}\">Forgot your password?</a> · <a href=\"{Routes.Register}\">Register</a></p>");
}
