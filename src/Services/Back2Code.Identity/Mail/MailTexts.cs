using System.Globalization;

namespace Back2Code.Identity;

/// <summary>What the mails say. Links go to the issuer's own address, whatever the request that asked for them called this server. Pure.</summary>
internal static class MailTexts
{
    private const string NotYou = "If this was not you, reset your password at once and end all sessions on the page of your account.";
    private const string Ignore = "If you did not ask for this, do nothing: without the link nothing changes.";

    public static (string Subject, string Text) Register(string issuer, string token, TimeSpan lifetime) => (
        "Finish your registration",
        $"""
        Somebody, we hope you, asked for an account with this address. To choose a name and a password, open

        {Link(issuer, Routes.RegisterConfirm, token)}

        within {Words(lifetime)}. The link works once. {Ignore}
        """);

    public static (string Subject, string Text) AlreadyRegistered(string issuer, string name) => (
        "You have an account already",
        $"""
        Somebody asked for an account with this address, but it has one: {name}.
        If you forgot your password, set another one at {Address(issuer, Routes.ResetPassword)}
        If you did not ask for this, do nothing.
        """);

    public static (string Subject, string Text) Invite(string issuer, string name, string token, TimeSpan lifetime) => (
        "An account was made for you",
        $"""
        You have an account with the name {name}. To choose a password, open

        {Link(issuer, Routes.ResetPasswordConfirm, token)}

        within {Words(lifetime)}. The link works once; afterwards ask for another at {Address(issuer, Routes.ResetPassword)}
        """);

    public static (string Subject, string Text) ResetPassword(string issuer, string name, string token, TimeSpan lifetime) => (
        "Set another password",
        $"""
        Somebody asked to set another password for the account {name}. To do so, open

        {Link(issuer, Routes.ResetPasswordConfirm, token)}

        within {Words(lifetime)}. The link works once. {Ignore}
        """);

    public static (string Subject, string Text) ChangeEmail(string issuer, string name, string token, TimeSpan lifetime) => (
        "Confirm your address",
        $"""
        The account {name} shall get its mail at this address. To confirm that, open

        {Link(issuer, Routes.AccountEmailConfirm, token)}

        within {Words(lifetime)}. The link works once. {Ignore}
        """);

    public static (string Subject, string Text) AddressTaken(string name) => (
        "Your address was not taken",
        $"""
        Somebody wants to use this address for another account, but it belongs to the account {name}. Nothing was changed.
        """);

    /// <summary>News of an account, without a link.</summary>
    public static (string Subject, string Text) Tell(string kind, string name) => kind switch
    {
        MailKinds.PasswordChanged => ("Your password was changed", $"The password of the account {name} was changed, and all its other sessions were ended.\n{NotYou}"),
        MailKinds.EmailChanged => ("Your address was changed", $"Mail about the account {name} goes to another address from now on.\n{NotYou}"),
        MailKinds.SecondFactorOn => ("A second factor was turned on", $"To sign in to the account {name} takes a code of an authenticator from now on.\n{NotYou}"),
        MailKinds.SecondFactorOff => ("The second factor was turned off", $"To sign in to the account {name} takes no more than the password from now on.\n{NotYou}"),
        MailKinds.RecoveryCodeUsed => ("A recovery code was used", $"Somebody signed in to the account {name} with a recovery code.\n{NotYou}"),
        _ => throw new System.Diagnostics.UnreachableException(kind),
    };

    private static string Link(string issuer, string path, string token) => $"{Address(issuer, path)}?token={token}";

    private static string Address(string issuer, string path) => issuer.TrimEnd('/') + path;

    private static string Words(TimeSpan lifetime) => lifetime.TotalHours >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{lifetime.TotalHours:0} hours")
        : string.Create(CultureInfo.InvariantCulture, $"{lifetime.TotalMinutes:0} minutes");
}
