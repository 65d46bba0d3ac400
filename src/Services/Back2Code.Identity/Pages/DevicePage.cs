using System.Globalization;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>GET and POST /device (RFC 8628, section 3.3): the user of a device types its code and decides.</summary>
internal sealed class DevicePage(
    DeviceCodes codes, SessionStore sessions, ClientStore clients, BrowserCookies cookies, Throttle throttle, IOptions<IdentityOptions> options)
{
    private const string Unknown = "No device waits under this code. It may have expired: look at the device again.";

    public static async Task<IResult> HandleGet(HttpContext http, DevicePage page, CancellationToken cancellationToken) =>
        OAuthParameters.TryCreate(http.Request.Query, out var query)
            ? await page.OpenAsync(http, query, cancellationToken)
            : Page.Error(StatusCodes.Status400BadRequest, "The request cannot be read.");

    public static async Task<IResult> HandlePost(HttpContext http, DevicePage page, CancellationToken cancellationToken)
    {
        var (form, _) = await OAuthParameters.ReadFormAsync(http.Request, cancellationToken);
        return form is null
            ? Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read.")
            : await page.DecideAsync(http, form, cancellationToken);
    }

    private async Task<IResult> OpenAsync(HttpContext http, OAuthParameters query, CancellationToken cancellationToken)
    {
        string? typed = query["user_code"];
        if (await sessions.FindAsync(cookies.Session(http.Request), cancellationToken) is null)
        {
            string address = UserCode.Read(typed) is { } code ? $"{Routes.Device}?user_code={UserCode.Show(code)}" : Routes.Device;
            return new SeeOther($"{Routes.SignIn}?continue={Uri.EscapeDataString(address)}");
        }

        // The code comes with the address, but is shown to be compared with the device's: the link may be somebody else's (section 5.4).
        return Ask(http, UserCode.Read(typed) is { } known ? UserCode.Show(known) : "", message: null, StatusCodes.Status200OK);
    }

    private async Task<IResult> DecideAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (!cookies.IsOurs(http.Request, form["form_token"]))
        {
            return Page.ForeignForm();
        }

        if (await sessions.FindAsync(cookies.Session(http.Request), cancellationToken) is not { } session)
        {
            return new SeeOther($"{Routes.SignIn}?continue={Uri.EscapeDataString(Routes.Device)}");
        }

        var wait = await throttle.TakeAsync(ClientAddress.Of(http, options.Value.TrustedProxies), $"device\n{session.UserId}", cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            int seconds = (int)Math.Ceiling(wait.TotalSeconds);
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Ask(http, "", $"Too many attempts. Try again in {seconds.ToString(CultureInfo.InvariantCulture)} s.", StatusCodes.Status429TooManyRequests);
        }

        if (UserCode.Read(form["user_code"]) is not { } code || await codes.FindAsync(code, cancellationToken) is not { } request
            || await clients.FindAsync(request.ClientId, cancellationToken) is not { } client)
        {
            return Ask(http, form["user_code"] ?? "", Unknown, StatusCodes.Status400BadRequest);
        }

        await throttle.ForgiveAsync(ClientAddress.Of(http, options.Value.TrustedProxies), $"device\n{session.UserId}", cancellationToken);
        if (form["decision"] is not ("allow" or "deny"))
        {
            return Confirm(http, code, client, request, session);
        }

        bool allowed = form["decision"] == "allow";
        return await codes.DecideAsync(code, allowed, request, session, cancellationToken)
            ? new Page(allowed ? "Device connected" : "Access denied", Html.Of($"<p>You can go back to your device.</p>"))
            : Ask(http, "", Unknown, StatusCodes.Status400BadRequest);
    }

    private Page Ask(HttpContext http, string code, string? message, int status) => new(
        "Connect a device",
        Html.Of(
            $"""
            {(message is null ? default : Html.Of($"<p role=\"alert\">{message}</p>"))}
            <form method="post" action="{Routes.Device}">
            <input type="hidden" name="form_token" value="{cookies.FormToken(http)}">
            <label>Code on your device <input name="user_code" value="{code}" autocomplete="off" maxlength="20" required autofocus></label>
            <button>Go on</button>
            </form>
            """),
        status);

    private Page Confirm(HttpContext http, string code, Client client, WaitingDevice request, Session session) => new(
        "Allow access?",
        Html.Of(
            $"""
            <p>A device with <strong>{client.Name}</strong> shows the code <strong>{UserCode.Show(code)}</strong> and asks for access in your name, {session.UserName}:</p>
            {ConsentPage.Scopes(request.Scope)}
            <p>Allow it only if you see this code on a device in front of you.</p>
            <form method="post" action="{Routes.Device}">
            <input type="hidden" name="form_token" value="{cookies.FormToken(http)}"><input type="hidden" name="user_code" value="{code}">
            <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
            </form>
            """));
}
