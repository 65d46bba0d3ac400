using Microsoft.AspNetCore.Http;

namespace Back2Code.Authentication;

/// <summary>
/// The caller of a request, as a handler parameter: <c>(CurrentUser user, …)</c>. The endpoint must require authorization.
/// </summary>
/// <param name="Id">The token's <c>sub</c>: opaque, 1 to 255 characters.</param>
public sealed record CurrentUser(string Id)
{
    /// <summary>Claim that holds the subject; claims keep the names they have in the token.</summary>
    internal const string SubjectClaim = "sub";

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    /// <exception cref="InvalidOperationException">The endpoint lacks RequireAuthorization, so nobody is known here.</exception>
    public static ValueTask<CurrentUser?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var subject = context.User.FindFirst(SubjectClaim)?.Value
            ?? throw new InvalidOperationException($"{context.Request.Method} {context.GetEndpoint()?.DisplayName} takes a CurrentUser but does not call RequireAuthorization().");
        return ValueTask.FromResult<CurrentUser?>(new CurrentUser(subject));
    }
}
