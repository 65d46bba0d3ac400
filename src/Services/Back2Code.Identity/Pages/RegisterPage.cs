using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>
/// GET and POST /register and /register/confirm. The address comes first and proves itself; only who reads mail there gets to choose a name. So the first page needs
/// to know nobody, and its answer is the same for everybody.
/// </summary>
internal sealed class RegisterPage(
    PageGate gate, MailQueue mail, AccountTokens tokens, AccountStore accounts, Passwords passwords, Throttle throttle, IOptions<IdentityOptions> options)
{
    private static readonly Page Closed = Page.Error(StatusCodes.Status404NotFound, "Nobody can register here. Ask an operator for an account.");
    private static readonly Page Ended = Page.Error(StatusCodes.Status400BadRequest, "This link is good no more: it was used, or is too old. Register again to get another.");

    private string? Role => mail.IsOn ? options.Value.RegisteredRole : null;

    public static IResult HandleGet(HttpContext http, RegisterPage page) =>
        page.Role is null ? Closed : page.Ask(http, email: null, message: null, StatusCodes.Status200OK);

    public static async Task<IResult> HandlePost(HttpContext http, RegisterPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.RequestAsync(http, form, cancellationToken);
    }

    public static async Task<IResult> HandleConfirmGet(HttpContext http, RegisterPage page, CancellationToken cancellationToken)
    {
        var (query, refusal) = PageGate.ReadQuery(http);
        return query is null ? refusal!
            : page.Role is null ? Closed
            : await page.ChooseAsync(http, query["token"], name: null, message: null, StatusCodes.Status200OK, cancellationToken);
    }

    public static async Task<IResult> HandleConfirmPost(HttpContext http, RegisterPage page, CancellationToken cancellationToken)
    {
        var (form, refusal) = await page.ReadFormAsync(http, cancellationToken);
        return form is null ? refusal! : await page.RegisterAsync(http, form, cancellationToken);
    }

    private async Task<(OAuthParameters? Form, IResult? Refusal)> ReadFormAsync(HttpContext http, CancellationToken cancellationToken) =>
        Role is null ? (null, Closed) : await gate.ReadFormAsync(http, cancellationToken);

    private async Task<IResult> RequestAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string email = form["email"]?.Trim() ?? "";
        if (!EmailAddress.IsValid(email))
        {
            return Ask(http, email, "This is no e-mail address that can be used here.", StatusCodes.Status400BadRequest);
        }

        var wait = await throttle.TakeAsync(gate.OriginOf(http).Address, $"register\n{EmailAddress.Normalize(email)}", cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return Ask(http, email, PageGate.TooMany(http, wait), StatusCodes.Status429TooManyRequests);
        }

        await mail.AskAsync(new(MailKinds.Registration, email, Token: Secret.Create()), cancellationToken);
        return new Page("Look into your mail", Html.Of($"<p>A mail to {email} is on its way. It holds what comes next.</p>"));
    }

    private async Task<IResult> RegisterAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        string name = form["name"]?.Trim().ToLowerInvariant() ?? "";
        string? token = form["token"];
        Task<IResult> Again(string message, int status) => ChooseAsync(http, token, name, message, status, cancellationToken);

        var wait = await throttle.TakeAsync(gate.OriginOf(http).Address, "register confirm", cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return await Again(PageGate.TooMany(http, wait), StatusCodes.Status429TooManyRequests);
        }

        if (await tokens.FindAsync(token, AccountTokens.Registration, cancellationToken) is null)
        {
            return Ended;
        }

        if (!UserName.IsValid(name))
        {
            return await Again("A name has 1 to 63 small letters, digits, dots, underscores and hyphens, and begins with a letter or a digit.", StatusCodes.Status400BadRequest);
        }

        if (PasswordRules.Check(form["password"], form["again"] ?? "", name) is { } wrong)
        {
            return await Again(wrong, StatusCodes.Status400BadRequest);
        }

        string hash = await passwords.HashAsync(form["password"]!, gate.OriginOf(http).Address, cancellationToken);
        return await accounts.RegisterAsync(token!, name, hash, Role!, cancellationToken) switch
        {
            AddUserOutcome.Added => new Page("Welcome", Html.Of($"<p>Your account {name} is there. <a href=\"{Routes.SignIn}\">Sign in</a></p>")),
            AddUserOutcome.NameTaken => await Again("This name is taken. Choose a different one.", StatusCodes.Status409Conflict),
            _ => Ended,
        };
    }

    private Page Ask(HttpContext http, string? email, string? message, int status) => new(
        "Register",
        Html.Of(
            $"""
            {PageGate.Alert(message)}
            <form method="post" action="{Routes.Register}">
            {gate.FormToken(http)}
            <label>E-mail address <input name="email" type="email" value="{email}" autocomplete="email" maxlength="254" required autofocus></label>
            <button>Go on</button>
            </form>
            """),
        status);

    private async Task<IResult> ChooseAsync(HttpContext http, string? token, string? name, string? message, int status, CancellationToken cancellationToken) =>
        await tokens.FindAsync(token, AccountTokens.Registration, cancellationToken) is not { } link
            ? Ended
            : new Page(
                "Register",
                Html.Of(
                    $"""
                    {PageGate.Alert(message)}
                    <p>For {link.Address}</p>
                    <form method="post" action="{Routes.RegisterConfirm}">
                    {gate.FormToken(http)}<input type="hidden" name="token" value="{token}">
                    <label>Name <input name="name" value="{name}" autocomplete="username" autocapitalize="none" maxlength="63" required autofocus></label>
                    {NewPassword.Fields()}
                    <button>Register</button>
                    </form>
                    """),
                status);
}
