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
        keys.MapGet("/encryption", CountEncryption).RequirePermission(Permissions.KeysRead).WithName("ReadEncryption")
            .WithSummary("Versions of the encryption key, and how many rows are under earlier ones");
        keys.MapPost("/encryption/rotate", RotateEncryption).RequirePermission(Permissions.KeysWrite).WithName("RotateEncryption")
            .WithSummary("Bring some rows under the newest version of the encryption key; repeat until none is left");
        return keys;
    }

    private static async Task<Ok<EncryptionView>> CountEncryption(Reencryption encryption, CancellationToken cancellationToken) =>
        TypedResults.Ok(await encryption.CountAsync(cancellationToken));

    private static async Task<Ok<EncryptionView>> RotateEncryption(Reencryption encryption, CurrentUser actor, CancellationToken cancellationToken)
    {
        int changed = await encryption.ChangeSomeAsync(actor.Id, cancellationToken);
        return TypedResults.Ok(await encryption.CountAsync(cancellationToken) with { Changed = changed });
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
