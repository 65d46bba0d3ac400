using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>What is right.</summary>
/// <param name="Words">For the reader of a failure.</param>
internal sealed record Right(string Words, Func<RawAnswer, bool> Holds)
{
    /// <summary>RFC 6749, section 5.2: an error object that nobody keeps.</summary>
    public static Right Error(string error, int status = 400) => new(
        $"{status} {error}",
        answer => answer.Status == status && answer.Header("Cache-Control") == "no-store" && answer.Body.Contains($"\"error\":\"{error}\"", StringComparison.Ordinal));

    /// <summary>A page for the user, who goes nowhere from there.</summary>
    public static Right Page(int status) => new(
        $"a page with {status} and no way on",
        answer => answer.Status == status && answer.Header("Location") is null && answer.Header("Content-Type") == "text/html; charset=utf-8"
            && answer.Header("X-Frame-Options") == "DENY");

    /// <summary>The client hears of it, at the address that it registered (RFC 6749, section 4.1.2.1; RFC 9207).</summary>
    public static Right Back(string error) => new(
        $"back to the client with {error}",
        answer => answer.Status == 303 && answer.Header("Location") is { } location
            && location.StartsWith(Browser.RedirectUri + "?", StringComparison.Ordinal)
            && QueryHelpers.ParseQuery(new Uri(location).Query) is var query && query["error"] == error && query["iss"].Count == 1 && !query.ContainsKey("code"));

    /// <summary>Nobody is signed in in this browser.</summary>
    public static Right SignIn { get; } = new(
        "to the sign-in page", static answer => answer.Status == 303 && answer.Header("Location")?.StartsWith("/sign-in?continue=", StringComparison.Ordinal) == true);

    /// <summary>The sign-in form, which leads nowhere but here.</summary>
    public static Right Harmless { get; } = new(
        "a form that goes on nowhere", static answer => answer.Status == 200 && answer.Body.Contains("name=\"continue\" value=\"\"", StringComparison.Ordinal));

    /// <summary>A token that is good for nothing (RFC 7662, section 2.2).</summary>
    public static Right Inactive { get; } = new("200, not active", static answer => answer.Status == 200 && answer.Body.Contains("{\"active\":false}", StringComparison.Ordinal));

    /// <summary>It looks strange, and the standard allows it or gives it no meaning.</summary>
    public static Right Issued { get; } = new("tokens", static answer => answer.Status == 200 && answer.Body.Contains("\"access_token\"", StringComparison.Ordinal));

    /// <summary>Refused before any endpoint has seen it.</summary>
    public static Right Http(params int[] statuses) => new(string.Join(" or ", statuses), answer => statuses.Contains(answer.Status));
}
