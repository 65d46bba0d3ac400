using System.Globalization;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>What pages with forms ask before anything else: whose form is it, who is signed in, and from where.</summary>
internal sealed class PageGate(BrowserCookies cookies, SessionStore sessions, IOptions<IdentityOptions> options)
{
    /// <summary>The form, if it is one of ours from this browser; else what to answer.</summary>
    public async Task<(OAuthParameters? Form, IResult? Refusal)> ReadFormAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var (form, error) = await OAuthParameters.ReadFormAsync(http.Request, cancellationToken);
        return form is null ? (null, Page.Error(error!.Status, "The form cannot be read."))
            : cookies.IsOurs(http.Request, form["form_token"]) ? (form, null)
            : (null, Page.ForeignForm());
    }

    /// <summary>The parameters of the address; else what to answer.</summary>
    public static (OAuthParameters? Query, IResult? Refusal) ReadQuery(HttpContext http) =>
        OAuthParameters.TryCreate(http.Request.Query, out var query) ? (query, null) : (null, Page.Error(StatusCodes.Status400BadRequest, "The request cannot be read."));

    /// <summary>Who is signed in; else the way to the sign-in page and back to <paramref name="path"/>.</summary>
    public async Task<(Session? Session, IResult? SignIn)> RequireSessionAsync(HttpContext http, string path, CancellationToken cancellationToken) =>
        await sessions.FindAsync(cookies.Session(http.Request), cancellationToken) is { } session
            ? (session, null)
            : (null, new SeeOther($"{Routes.SignIn}?continue={Uri.EscapeDataString(path)}"));

    /// <summary>A form of ours from somebody who is signed in; else what to answer.</summary>
    public async Task<(OAuthParameters? Form, Session? Session, IResult? Refusal)> ReadSignedInFormAsync(HttpContext http, string path, CancellationToken cancellationToken)
    {
        var (form, refusal) = await ReadFormAsync(http, cancellationToken);
        if (form is null)
        {
            return (null, null, refusal);
        }

        var (session, signIn) = await RequireSessionAsync(http, path, cancellationToken);
        return (form, session, signIn);
    }

    public SessionOrigin OriginOf(HttpContext http) =>
        new(ClientAddress.Of(http, options.Value.TrustedProxies), UserAgent.Describe(http.Request.Headers.UserAgent.ToString()));

    /// <summary>The hidden field that makes a form ours.</summary>
    public Html FormToken(HttpContext http) => Html.Of($"<input type=\"hidden\" name=\"form_token\" value=\"{cookies.FormToken(http)}\">");

    /// <summary>Says when to come again, in the header, and in words for the page.</summary>
    public static string TooMany(HttpContext http, TimeSpan wait)
    {
        string seconds = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.RetryAfter = seconds;
        return $"Too many attempts. Try again in {seconds} s.";
    }

    /// <summary>What went wrong, above a form.</summary>
    public static Html Alert(string? message) => message is null ? default : Html.Of($"<p role=\"alert\">{message}</p>");
}
