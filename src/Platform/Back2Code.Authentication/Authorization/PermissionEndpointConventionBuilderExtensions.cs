using Back2Code.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says which permission an endpoint needs.</summary>
public static class PermissionEndpointConventionBuilderExtensions
{
    private static readonly string[] ProblemJson = ["application/problem+json"];

    /// <summary>
    /// The endpoint, or every endpoint of the group, needs a token that grants <paramref name="permission"/>: 401 without a token, 403 without the permission.
    /// What a group needs and what its endpoint needs add up. The answer 403 is added to the OpenAPI description.
    /// </summary>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="permission"><c>resource:action</c>, without wildcards, for example <see cref="Permissions.NotesWrite"/>.</param>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder
    {
        var needed = new RequirePermissionAttribute(permission);
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(needed);
            endpoint.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status403Forbidden, typeof(ProblemDetails), ProblemJson));
        });
        return builder;
    }
}
