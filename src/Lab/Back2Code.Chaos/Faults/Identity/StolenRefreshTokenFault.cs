using System.Net;
using System.Text.Json;
using Back2Code.Chaos.Identity;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary><c>identity.stolen-refresh-token</c>: somebody has a copy of a user's refresh token, and both use it.</summary>
internal sealed class StolenRefreshTokenFault : IdentityFault
{
    // Nobody listens there; the browser stops before it.
    private const string RedirectUri = "http://127.0.0.1:9/callback";

    private static readonly string[] RedirectUris = [RedirectUri];
    private static readonly string[] Grants = ["authorization_code", "refresh_token"];
    private static readonly string[] Scopes = ["openid", "offline_access", "*"];

    public override string Type => "identity.stolen-refresh-token";

    public override string Summary => "Has a user sign in, a thief use a copy of the refresh token before the user does, and both go on with what they got.";

    public override string Symptom => "TokenFamilyRevoked: the second use is found out, nobody can tell which of the two is the thief, and all that came from that sign-in ends. Other users notice nothing.";

    public override string Receipt => "Thief and user are refused a second renewal, both access tokens are inactive, and the audit trail says that the family was revoked.";

    public override string Undo => "Deletes the fault's own user and client, with every session and grant that came from them; the audit trail keeps its records.";

    protected override async Task<InjectedFault> InjectAsync(
        FaultContext context, FaultSettings settings, IdentityClient identity, IReadOnlyList<TargetProcess> processes, CancellationToken cancellationToken)
    {
        var account = FaultAccount.For(context.FaultId);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new RemoveAccount(account.Name)],
            async token => [await FaultAccount.Plainly(() => StealAsync(context.Platform, identity, account, token))],
            sumUp: null,
            cancellationToken);
    }

    private static async Task<Evidence> StealAsync(IFaultTarget platform, IdentityClient identity, FaultAccount account, CancellationToken cancellationToken)
    {
        await account.CreateAsync(identity, cancellationToken);
        var made = await identity.SendAsync(
            HttpMethod.Post,
            "/v1/clients",
            new
            {
                name = account.Name, confidential = true, grants = Grants, scopes = Scopes,
                redirectUris = RedirectUris, firstParty = true,
            },
            cancellationToken);
        var access = platform.Identity with { ClientId = made.GetProperty("id").GetString()!, ClientSecret = made.GetProperty("secret").GetString()! };
        using var client = new IdentityClient(access, platform.Time);
        using var browser = new SignInBrowser(access.Address, IPAddress.Loopback);
        var (code, verifier) = await browser.AuthorizeAsync(access.ClientId, RedirectUri, account.Name, account.Password, cancellationToken);
        var signedIn = await client.SendFormAsync(
            "/oauth2/token",
            [new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", RedirectUri), new("code_verifier", verifier)],
            cancellationToken);

        // The copy, used first. The user's own client then has a used token, as after an answer that got lost, and is let in once more.
        var stolen = Text(signedIn, "refresh_token");
        var thief = await RefreshAsync(client, stolen, cancellationToken);
        var user = await RefreshAsync(client, stolen, cancellationToken);
        var foundOut = await IsRefusedAsync(client, Text(thief, "refresh_token"), cancellationToken);
        var userToo = await IsRefusedAsync(client, Text(user, "refresh_token"), cancellationToken);
        var (thiefsEnded, usersEnded) = (await HasEndedAsync(client, thief, cancellationToken), await HasEndedAsync(client, user, cancellationToken));
        var record = (await identity.SendAsync(HttpMethod.Get, $"/v1/audit?action=identity.family-revoked&subject={access.ClientId}&limit=1", null, cancellationToken)).GetProperty("items");
        return foundOut && userToo && thiefsEnded && usersEnded && record.GetArrayLength() == 1
            ? Evidence.Seen($"identity: the thief got one token and was refused the next; the family is revoked, the user has to sign in again, both access tokens are inactive, and the audit trail says {record[0].GetProperty("reason").GetString()}")
            : Evidence.NotSeen($"identity: thief refused {foundOut}, user refused {userToo}, their access tokens inactive {thiefsEnded} and {usersEnded}, records in the audit trail {record.GetArrayLength()}");
    }

    private static Task<JsonElement> RefreshAsync(IdentityClient client, string token, CancellationToken cancellationToken) =>
        client.SendFormAsync("/oauth2/token", [new("grant_type", "refresh_token"), new("refresh_token", token)], cancellationToken);

    private static async Task<bool> IsRefusedAsync(IdentityClient client, string token, CancellationToken cancellationToken)
    {
        try
        {
            await RefreshAsync(client, token, cancellationToken);
            return false;
        }
        catch (IdentityException e) when (e.Message.Contains("invalid_grant", StringComparison.Ordinal))
        {
            return true;
        }
    }

    private static async Task<bool> HasEndedAsync(IdentityClient client, JsonElement tokens, CancellationToken cancellationToken) =>
        !(await client.SendFormAsync("/oauth2/introspect", [new("token", Text(tokens, "access_token"))], cancellationToken)).GetProperty("active").GetBoolean();

    private static string Text(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.GetString() is { } text ? text : throw new FaultException($"Identity gave no {name}.");
}
