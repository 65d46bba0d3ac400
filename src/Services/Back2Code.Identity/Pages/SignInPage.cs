using System.Globalization;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>GET and POST /sign-in</summary>
internal sealed class SignInPage(SignIn signIn, BrowserCookies cookies, ClientStore clients, IOptions<IdentityOptions> options)
{
    private const string Wrong = "The name or the password is wrong.";

    public static async Task<IResult> HandleGet(HttpContext http, SignInPage page, CancellationToken cancellationToken) =>
        OAuthParameters.TryCreate(http.Request.Query, out var query)
            ? await page.ShowAsync(http, query["continue"], name: null, message: null, StatusCodes.Status200OK, cancellationToken)
            : Page.Error(StatusCodes.Status400BadRequest, "The request cannot be read.");

    public static async Task<IResult> HandlePost(HttpContext http, SignInPage page, CancellationToken cancellationToken)
    {
        var (form, _) = await OAuthParameters.ReadFormAsync(http.Request, cancellationToken);
        return form is null
            ? Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read.")
            : await page.SignInAsync(http, form, cancellationToken);
    }

    private async Task<IResult> SignInAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (!cookies.IsOurs(http.Request, form["form_token"]))
        {
            return Page.ForeignForm();
        }

        string name = form["name"] ?? "";
        string? address = form["continue"];
        switch (await signIn.ExecuteAsync(
            name, form["password"] ?? "", ClientAddress.Of(http, options.Value.TrustedProxies), cookies.Session(http.Request), cancellationToken))
        {
            case SignInOutcome.SignedIn signedIn:
                cookies.SetSession(http.Response, signedIn.Cookie);
                return new SeeOther(Interruption.IsOurs(address) ? address! : Routes.SignOut);
            case SignInOutcome.Throttled throttled:
                int seconds = (int)Math.Ceiling(throttled.RetryAfter.TotalSeconds);
                http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                return await ShowAsync(
                    http, address, name, $"Too many attempts. Try again in {seconds.ToString(CultureInfo.InvariantCulture)} s.", StatusCodes.Status429TooManyRequests, cancellationToken);
            default:
                return await ShowAsync(http, address, name, Wrong, StatusCodes.Status401Unauthorized, cancellationToken);
        }
    }

    private async Task<IResult> ShowAsync(HttpContext http, string? address, string? name, string? message, int status, CancellationToken cancellationToken)
    {
        // Where the browser may end up is the client's to say, and known only when its whole request is in order.
        var request = Interruption.Read(address) is { } parameters
            && await AuthorizationQuery.ReadAsync(parameters, clients, cancellationToken) is AuthorizationReading.InOrder inOrder ? inOrder.Request : null;
        return new Page(
            "Sign in",
            Html.Of(
                $"""
                {(message is null ? default : Html.Of($"<p role=\"alert\">{message}</p>"))}
                <form method="post" action="{Routes.SignIn}">
                <input type="hidden" name="form_token" value="{cookies.FormToken(http)}"><input type="hidden" name="continue" value="{(Interruption.IsOurs(address) ? address : "")}">
                <label>Name <input name="name" value="{name ?? request?.LoginHint}" autocomplete="username" autocapitalize="none" maxlength="63" required autofocus></label>
                <label>Password <input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>
                <button>Sign in</button>
                </form>
                """),
            status,
            request is null ? null : Page.OriginOf(request.RedirectUri));
    }
}
