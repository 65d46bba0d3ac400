using System.Globalization;

namespace Back2Code.Identity;

/// <summary>GET and POST /account: who one is here, where one is signed in, and what acts in one's name.</summary>
internal sealed class AccountPage(PageGate gate, UserStore users, AccountStore accounts, SessionStore sessions, Applications applications, MailQueue mail)
{
    public static async Task<IResult> HandleGet(HttpContext http, AccountPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (session, signIn) = await gate.RequireSessionAsync(http, Routes.Account, cancellationToken);
        return session is null ? signIn! : await page.ShowAsync(http, session, cancellationToken);
    }

    public static async Task<IResult> HandlePost(HttpContext http, AccountPage page, PageGate gate, CancellationToken cancellationToken)
    {
        var (form, session, refusal) = await gate.ReadSignedInFormAsync(http, Routes.Account, cancellationToken);
        return form is null || session is null ? refusal! : await page.EndAsync(form, session, cancellationToken);
    }

    /// <summary>Whatever it is, it is the user's own: somebody else's session is not found.</summary>
    private async Task<IResult> EndAsync(OAuthParameters form, Session session, CancellationToken cancellationToken)
    {
        string user = session.UserId.ToString();
        if (form["end"] == "others")
        {
            await sessions.EndAllAsync(session.UserId, session.Sid, user, cancellationToken);
        }
        else if (Guid.TryParseExact(form["session"], "D", out var sid))
        {
            await sessions.EndAsync(session.UserId, sid, user, cancellationToken);
        }
        else if (form["application"] is { Length: <= 100 } clientId)
        {
            await applications.RevokeAsync(session.UserId, clientId, cancellationToken);
        }
        else
        {
            return Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read.");
        }

        return new SeeOther(Routes.Account);
    }

    private async Task<IResult> ShowAsync(HttpContext http, Session session, CancellationToken cancellationToken)
    {
        var user = await users.FindAsync(session.UserId, cancellationToken);
        string? email = await accounts.FindEmailAsync(session.UserId, cancellationToken);
        var open = await sessions.ListAsync(session.UserId, cancellationToken);
        var connected = await applications.ListAsync(session.UserId, cancellationToken);
        string address = email is null ? "none" : user!.EmailVerified == true ? email : $"{email}, not verified yet";
        return new Page(
            "Your account",
            Html.Of(
                $"""
                <p><strong>{session.UserName}</strong>, {session.Role}</p>
                <ul>
                <li>E-mail: {address}{(mail.IsOn ? Link(Routes.AccountEmail, "change") : default)}</li>
                <li>Password{Link(Routes.AccountPassword, "change")}</li>
                <li>Second factor: {(user!.HasSecondFactor ? "on" : "off")}{Link(Routes.AccountSecondFactor, "change")}</li>
                </ul>
                <h2>Sessions</h2>
                {Html.Join(open.Select(one => Row(http, session, one)))}
                {(open.Count > 1 ? Button(http, "end", "others", "End all others, and all applications' access") : default)}
                <h2>Applications</h2>
                {(connected.Count == 0 ? Html.Of($"<p>None acts in your name while you are away.</p>") : Html.Join(connected.Select(one => Row(http, one))))}
                <p><a href="{Routes.SignOut}">Sign out</a> · <a href="{Routes.AccountExport}">What is held about you</a> · <a href="{Routes.AccountErasure}">Erase this account</a></p>
                """));
    }

    private Html Row(HttpContext http, Session session, ListedSession one) => Html.Of(
        $"""
        <p>{one.Agent ?? "unknown browser"} at {one.Address ?? "unknown address"}, since {Moment(one.AuthenticatedAt)}{(one.Sid == session.Sid ? " (this one)" : "")}</p>
        {(one.Sid == session.Sid ? default : Button(http, "session", one.Sid.ToString(), "End"))}
        """);

    private Html Row(HttpContext http, Application one) => Html.Of(
        $"""
        <p>{one.Name}, since {Moment(one.Since)}</p>
        {Button(http, "application", one.ClientId, "End access")}
        """);

    private Html Button(HttpContext http, string name, string value, string label) =>
        Html.Of($"<form method=\"post\" action=\"{Routes.Account}\">{gate.FormToken(http)}<button name=\"{name}\" value=\"{value}\">{label}</button></form>");

    private static Html Link(string address, string label) => Html.Of($" · <a href=\"{address}\">{label}</a>");

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
