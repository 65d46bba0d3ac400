using System.ComponentModel.DataAnnotations;
using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity;

/// <summary>/v1/clients, for operators.</summary>
internal static class ClientEndpoints
{
    private const int DefaultLimit = 50;
    private const int LargestLimit = 200;

    public static RouteGroupBuilder MapClients(this IEndpointRouteBuilder routes)
    {
        var clients = routes.MapGroup("/clients").WithTags("Clients")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        clients.MapGet("", List).RequirePermission(Permissions.ClientsRead).WithName("ListClients").WithSummary("List clients, newest first");
        clients.MapPost("", Create).RequirePermission(Permissions.ClientsWrite).WithName("CreateClient")
            .WithSummary("Create a client; its secret is shown this once");
        clients.MapPost("/{id}/secret", RotateSecret).RequirePermission(Permissions.ClientsWrite).WithName("RotateClientSecret")
            .WithSummary("Give a client another secret; it is shown this once").ProducesProblem(StatusCodes.Status404NotFound);
        return clients;
    }

    private static async Task<Results<Ok<ClientPage>, ValidationProblem, ProblemHttpResult>> List(
        HttpResponse response, ClientStore clients, CancellationToken cancellationToken, [Range(1, LargestLimit)] int limit = DefaultLimit, string? cursor = null)
    {
        Guid before = Guid.AllBitsSet;
        if (cursor is not null && !PageCursor.TryDecode(cursor, out before))
        {
            return IdentityProblems.CursorInvalid();
        }

        var found = await clients.ListAsync(before, limit + 1, cancellationToken);
        string? next = found.Count > limit ? PageCursor.Encode(found[limit - 1].SortId) : null;
        if (next is not null)
        {
            response.Headers.Link = $"</v1/clients?limit={limit}&cursor={next}>; rel=\"next\"";
        }

        return TypedResults.Ok(new ClientPage([.. found.Take(limit).Select(client => ClientView.From(client))], next));
    }

    private static async Task<Results<Created<ClientView>, ValidationProblem, ProblemHttpResult>> Create(
        HttpResponse response, CreateClientRequest request, CurrentUser actor, ClientStore clients, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetStorableNow();
        Guid id = Guid.CreateVersion7(now);
        string? secret = request.Confidential ? Secret.Create() : null;
        if (ClientRules.Check(request) is { } wrong)
        {
            return IdentityProblems.ClientInvalid(wrong);
        }

        var scopes = RequestedScope.Parse(string.Join(' ', request.Scopes))!;
        Client client = new(
            id.ToString("N"), id, request.Name, secret is null ? null : Secret.Digest(secret), [.. request.RedirectUris ?? []], [.. request.PostLogoutRedirectUris ?? []],
            [.. request.Grants.Distinct()], scopes.OidcScopes, scopes.Permissions, request.FirstParty, request.MayImpersonate, now);
        await clients.AddAsync(client, actor.Id, cancellationToken);
        NoStore.Apply(response);
        return TypedResults.Created($"/v1/clients/{client.Id}", ClientView.From(client, secret));
    }

    private static async Task<Results<Ok<ClientSecret>, ProblemHttpResult>> RotateSecret(
        HttpResponse response, string id, CurrentUser actor, ClientStore clients, CancellationToken cancellationToken)
    {
        string secret = Secret.Create();
        if (!await clients.ReplaceSecretAsync(id, Secret.Digest(secret), actor.Id, cancellationToken))
        {
            return IdentityProblems.ClientNotFound();
        }

        NoStore.Apply(response);
        return TypedResults.Ok(new ClientSecret(id, secret));
    }
}

/// <summary>A new client.</summary>
/// <param name="Name">What users see; 1 to 100 characters.</param>
/// <param name="Confidential">Whether it keeps a secret. A browser or a phone cannot.</param>
/// <param name="Grants">Values of grant_type that it may use.</param>
/// <param name="Scopes">Scopes of OpenID Connect and patterns of permissions: the most that its tokens may hold.</param>
/// <param name="RedirectUris">Where users may be sent back to; compared character by character.</param>
/// <param name="FirstParty">Whether its users are not asked for their consent.</param>
/// <param name="MayImpersonate">Whether it may have tokens of users by token exchange. For the lab.</param>
public sealed record CreateClientRequest(
    [Required, StringLength(100, MinimumLength = 1)] string Name,
    bool Confidential,
    [Required, MinLength(1), MaxLength(10)] IReadOnlyList<string> Grants,
    [Required, MinLength(1), MaxLength(50)] IReadOnlyList<string> Scopes,
    [MaxLength(20)] IReadOnlyList<string>? RedirectUris = null,
    [MaxLength(20)] IReadOnlyList<string>? PostLogoutRedirectUris = null,
    bool FirstParty = false,
    bool MayImpersonate = false);

/// <summary>A client as operators see it.</summary>
/// <param name="Secret">Only in the answer that made it.</param>
public sealed record ClientView(
    string Id, string Name, bool Confidential, IReadOnlyList<string> Grants, IReadOnlyList<string> Scopes, IReadOnlyList<string> RedirectUris,
    IReadOnlyList<string> PostLogoutRedirectUris, bool FirstParty, bool MayImpersonate, DateTimeOffset CreatedAt, string? Secret)
{
    internal static ClientView From(Client client, string? secret = null) => new(
        client.Id, client.Name, !client.IsPublic, client.Grants, [.. client.OidcScopes, .. Grant.Texts(client.Permissions)], client.RedirectUris,
        client.PostLogoutRedirectUris, client.FirstParty, client.MayImpersonate, client.CreatedAt, secret);
}

/// <summary>A client's new secret.</summary>
public sealed record ClientSecret(string Id, string Secret);

/// <summary>Part of the clients, newest first.</summary>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
public sealed record ClientPage(IReadOnlyList<ClientView> Items, string? Next);
