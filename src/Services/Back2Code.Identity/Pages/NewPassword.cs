using System.Globalization;

namespace Back2Code.Identity;

/// <summary>The two fields in which somebody chooses a password.</summary>
internal static class NewPassword
{
    private static readonly string Shortest = Passwords.Shortest.ToString(CultureInfo.InvariantCulture);
    private static readonly string Longest = Passwords.Longest.ToString(CultureInfo.InvariantCulture);

    public static Html Fields() => Html.Of(
        $"""
        <label>New password, at least {Shortest} characters <input name="password" type="password" autocomplete="new-password" minlength="{Shortest}" maxlength="{Longest}" required></label>
        <label>The same again <input name="again" type="password" autocomplete="new-password" minlength="{Shortest}" maxlength="{Longest}" required></label>
        """);
}
