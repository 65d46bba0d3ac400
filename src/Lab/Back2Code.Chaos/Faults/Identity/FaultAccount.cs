using System.Security.Cryptography;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Identity;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>A user of a fault's own, with a password that nobody else knows.</summary>
internal sealed record FaultAccount(string Name, string Password)
{
    /// <summary>A name that a user may have, whatever the fault is called.</summary>
    public static FaultAccount For(string faultId) =>
        new("fault-" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(faultId)))[..16], RandomNumberGenerator.GetHexString(32));

    public Task CreateAsync(IdentityClient identity, CancellationToken cancellationToken) =>
        identity.SendAsync(HttpMethod.Post, "/v1/users", new { name = Name, role = "analyst", password = Password }, cancellationToken);

    /// <summary>What identity refuses is a fault that cannot be injected as asked.</summary>
    public static async Task<T> Plainly<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is IdentityException or HttpRequestException)
        {
            throw new FaultException(e.Message, e);
        }
    }
}

/// <summary>Takes a fault's own user away, with all that came from it; and the client of the same name. Only the audit trail remembers them.</summary>
internal sealed record RemoveAccount(string Name) : PostgresUndo
{
    private const string Delete = """
        DELETE FROM identity.grants WHERE client_id IN (SELECT id FROM identity.clients WHERE name = @name) OR user_id IN (SELECT id FROM identity.users WHERE name = @name);
        DELETE FROM identity.consents WHERE client_id IN (SELECT id FROM identity.clients WHERE name = @name) OR user_id IN (SELECT id FROM identity.users WHERE name = @name);
        DELETE FROM identity.sessions WHERE user_id IN (SELECT id FROM identity.users WHERE name = @name);
        DELETE FROM identity.clients WHERE name = @name;
        DELETE FROM identity.users WHERE name = @name;
        """;

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var there = await session.ReadAsync<long>("SELECT count(*) FROM identity.users WHERE name = @name", cancellationToken, ("name", Name));
        await session.ExecuteAsync(Delete, cancellationToken, ("name", Name));
        return $"identity: the user {Name} {(there > 0 ? "is gone, with everything that came from it" : "was gone already")}";
    }
}
