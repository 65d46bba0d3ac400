using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>
/// The two cookies of a browser: one opens the session, one is there before anybody has signed in. The token in every form is a digest over both, so that a
/// page elsewhere can neither send a form in somebody's name nor sign somebody in under a name of its own.
/// </summary>
internal sealed class BrowserCookies(IOptions<BearerTokenOptions> tokens)
{
    // The browser sends a cookie of this prefix over TLS only, to this host only, and lets no neighbour set it (RFC 6265bis).
    private readonly bool _https = tokens.Value.Issuer.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private string SessionName => _https ? "__Host-b2c-session" : "b2c-session";

    private string FormName => _https ? "__Host-b2c-form" : "b2c-form";

    public string? Session(HttpRequest request) => request.Cookies[SessionName] is { Length: > 0 } value ? value : null;

    public void SetSession(HttpResponse response, string cookie) => response.Cookies.Append(SessionName, cookie, Settings());

    public void ClearSession(HttpResponse response) => response.Cookies.Delete(SessionName, Settings());

    /// <summary>The token for the forms of a page; sets the cookie it depends on.</summary>
    public string FormToken(HttpContext context)
    {
        if (context.Request.Cookies[FormName] is not { Length: > 0 and < 100 } form)
        {
            form = Secret.Create();
            context.Response.Cookies.Append(FormName, form, Settings());
        }

        return Token(form, Session(context.Request));
    }

    /// <summary>Whether a form comes from a page of ours in this browser.</summary>
    public bool IsOurs(HttpRequest request, string? token) =>
        token is not null
        && request.Cookies[FormName] is { Length: > 0 and < 100 } form
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(Token(form, Session(request))))
        && HasOurOrigin(request);

    /// <summary>Browsers say where a form stood; where one says nothing, the token alone decides.</summary>
    private bool HasOurOrigin(HttpRequest request) =>
        request.Headers.Origin is not [{ } origin] || origin == new Uri(tokens.Value.Issuer).GetLeftPart(UriPartial.Authority);

    private static string Token(string form, string? session) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"back2code form\n{form}\n{session}")));

    private CookieOptions Settings() => new() { HttpOnly = true, Secure = _https, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true };
}
