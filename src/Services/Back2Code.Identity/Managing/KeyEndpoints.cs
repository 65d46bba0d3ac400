using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity;

/// <summary>/v1/keys, for operators.</summary>
internal static class KeyEndpoints
{
    public static RouteGroupBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/keys").WithTags("Keys")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        keys.MapGet("", List).RequirePermission(Permissions.KeysRead).WithName("ListKeys").WithSummary("List signing keys, newest first");
        keys.MapPost("/rotate", Rotate).RequirePermission(Permissions.KeysWrite).WithName("RotateKeys").WithSummary("Let the next signing key sign from now on");
        return keys;
    }

    private static async Task<Ok<IReadOnlyList<KeyView>>> List(SigningKeys keys, CancellationToken cancellationToken) =>
        Answer(await keys.ListAsync(cancellationToken));

    private static async Task<Ok<IReadOnlyList<KeyView>>> Rotate(SigningKeys keys, CurrentUser actor, CancellationToken cancellationToken) =>
        Answer(await keys.RotateAsync(actor.Id, cancellationToken));

    private static Ok<IReadOnlyList<KeyView>> Answer(IReadOnlyList<StoredKey> keys) => TypedResults.Ok<IReadOnlyList<KeyView>>([.. keys.Select(KeyView.From)]);
}

/// <summary>A signing key, without its private part.</summary>
/// <param name="Id">The kid of its signatures.</param>
/// <param name="State">next, active or retired.</param>
public sealed record KeyView(string Id, string State, DateTimeOffset CreatedAt, DateTimeOffset? ActivatedAt, DateTimeOffset? RetiredAt)
{
    internal static KeyView From(StoredKey key) => new(key.Id, key.State, key.CreatedAt, key.ActivatedAt, key.RetiredAt);
}
