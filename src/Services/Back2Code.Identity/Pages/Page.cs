using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>A page of ours: plain HTML that works without scripts, in no frame, and in no cache.</summary>
internal sealed record Page(string Title, Html Body, int Status = StatusCodes.Status200OK, string? FormTarget = null) : IResult
{
    private const string Style =
        "body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}"
        + "h1{font-size:1.4rem}label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}"
        + "button{font:inherit;padding:.5rem 1.25rem;margin:.5rem .5rem 0 0}[role=alert]{border-left:.25rem solid #b3261e;padding:.25rem .75rem}"
        + "@media(prefers-color-scheme:dark){body{color:#e6e1e5;background:#1c1b1f}}";

    // The one style sheet is allowed by its digest, so that nothing else may style or script the page.
    private static readonly string StyleDigest = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <param name="status">400 to 599.</param>
    /// <param name="message">For the user; nothing internal.</param>
    public static Page Error(int status, string message) =>
        new("This did not work", Html.Of($"<p role=\"alert\">{message}</p><p>Go back to the application and try again.</p>"), status);

    /// <summary>A form without our token: a page elsewhere sent it, or cookies are switched off.</summary>
    public static Page ForeignForm() =>
        Error(StatusCodes.Status403Forbidden, "This form did not come from a page of this server in your browser, or your browser refuses cookies.");

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        NoStore.Apply(response);

        // A form may only go to this server, and from here on to the client that the user came from: browsers check the redirect after a form as well.
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'sha256-{StyleDigest}'; form-action 'self'{(FormTarget is null ? "" : " " + FormTarget)}; frame-ancestors 'none'; base-uri 'none'";
        response.Headers.XFrameOptions = "DENY";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "same-origin";
        response.ContentType = "text/html; charset=utf-8";
        var page = Html.Of(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Title} · Back2Code</title><style>{new Html(Style)}</style></head><body><main><h1>{Title}</h1>{Body}</main></body></html>");
        return response.WriteAsync(page.Markup, httpContext.RequestAborted);
    }

    /// <summary>The origin of a client's address, as a source of the content security policy.</summary>
    public static string? OriginOf(string redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out var uri)
            ? uri.Scheme is "http" or "https" ? uri.GetLeftPart(UriPartial.Authority) : uri.Scheme + ":"
            : null;
}

/// <summary>303: go there with GET, and leave what was posted behind (RFC 9700, section 4.12).</summary>
internal sealed record SeeOther(string Location) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = Location;
        httpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
        NoStore.Apply(httpContext.Response);
        return Task.CompletedTask;
    }
}
