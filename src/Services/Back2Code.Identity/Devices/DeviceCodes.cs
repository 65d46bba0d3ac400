using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Device codes (RFC 8628): a device asks, its user decides in a browser, and the device learns it by asking again now and then.</summary>
internal sealed class DeviceCodes(
    Database database, RefreshTokens refreshTokens, TokenIssuer issuer, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    // RFC 8628, section 3.5.
    private const int SlowDownSeconds = 5;

    private static readonly OAuthError Refused = OAuthError.InvalidGrant("The device code is unknown, used, or another client's.");

    public async Task<(string DeviceCode, string UserCode)> CreateAsync(Client client, RequestedScope scope, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO device_codes (device_code_sha256, user_code, client_id, oidc_scopes, permissions, state, interval_s, expires_at)
            VALUES (@device_code, @user_code, @client_id, @oidc_scopes, @permissions, 'pending', @interval_s, @expires_at)
            ON CONFLICT (user_code) DO NOTHING
            """;

        while (true)
        {
            string deviceCode = Secret.Create();
            string userCode = UserCode.Create();
            int added = await database.WriteAsync(
                async (connection, transaction, attempt) => await connection.ExecuteAsync(
                    transaction, sql, attempt,
                    ("device_code", Secret.Digest(deviceCode)), ("user_code", userCode), ("client_id", client.Id), ("oidc_scopes", scope.OidcScopes.ToArray()),
                    ("permissions", Grant.Texts(scope.Permissions)), ("interval_s", options.Value.DevicePollSeconds),
                    ("expires_at", time.GetStorableNow() + options.Value.DeviceCodeLifetime)),
                replaySafe: false,
                cancellationToken);
            if (added == 1)
            {
                return (deviceCode, userCode);
            }
        }
    }

    /// <summary>The request that a user code belongs to, while it waits for a decision.</summary>
    public ValueTask<WaitingDevice?> FindAsync(string userCode, CancellationToken cancellationToken)
    {
        const string sql = "SELECT client_id, oidc_scopes, permissions FROM device_codes WHERE user_code = @user_code AND state = 'pending' AND expires_at > @now";

        return database.ReadAsync(
            async (connection, attempt) => await connection.FirstAsync(
                null, sql,
                static row => new WaitingDevice(
                    row.GetString(0), new RequestedScope(row.GetFieldValue<string[]>(1), [.. row.GetFieldValue<string[]>(2).Select(PermissionPattern.Parse)])),
                attempt, ("user_code", userCode), ("now", time.GetStorableNow())),
            cancellationToken);
    }

    /// <returns>False when nothing waits under this code any more.</returns>
    public ValueTask<bool> DecideAsync(string userCode, bool allowed, WaitingDevice request, Session session, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE device_codes SET state = @state, grant_id = @grant_id
            WHERE user_code = @user_code AND state = 'pending' AND expires_at > @now
            """;

        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                var now = time.GetStorableNow();
                Guid? grantId = null;
                if (allowed)
                {
                    Grant grant = new(
                        Guid.CreateVersion7(now), request.ClientId, session.UserId, session.Role, [.. request.Scope.OidcScopes], request.Scope.Permissions,
                        Nonce: null, session.Sid, session.AuthenticatedAt,
                        now + Grant.Lifetime(request.Scope, options.Value.DeviceCodeLifetime, options.Value), Revoked: false, UserDisabled: false);
                    await Grant.AddAsync(connection, transaction, grant, now, attempt);
                    grantId = grant.Id;
                }

                int decided = await connection.ExecuteAsync(
                    transaction, sql, attempt,
                    ("state", allowed ? "approved" : "denied"), ("grant_id", grantId), ("user_code", userCode), ("now", now));
                if (decided == 1)
                {
                    await events.RecordAsync(
                        connection, transaction, new(SecurityActions.DeviceDecision, allowed, session.UserId.ToString(), request.ClientId), attempt);
                }

                return decided == 1;
            },
            replaySafe: false,
            cancellationToken);
    }

    public async Task<IResult> ExchangeAsync(Client client, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (form["device_code"] is not { } deviceCode)
        {
            return OAuthError.InvalidRequest("The parameter device_code is missing.");
        }

        return await database.WriteAsync(
            (connection, transaction, attempt) => PollAsync(connection, transaction, client, deviceCode, attempt), replaySafe: false, cancellationToken);
    }

    private async ValueTask<IResult> PollAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Client client, string deviceCode, CancellationToken cancellationToken)
    {
        const string find = """
            SELECT client_id, state, grant_id, interval_s, polled_at, expires_at FROM device_codes WHERE device_code_sha256 = @device_code FOR UPDATE
            """;
        const string note = "UPDATE device_codes SET polled_at = @now, interval_s = @interval_s WHERE device_code_sha256 = @device_code";
        const string consume = "UPDATE device_codes SET state = 'consumed' WHERE device_code_sha256 = @device_code";

        byte[] digest = Secret.Digest(deviceCode);
        var now = time.GetStorableNow();
        var stored = await connection.FirstAsync(
            transaction, find,
            static row => new Stored(
                row.GetString(0), row.GetString(1), row.ValueOrNull<Guid>(2), row.GetInt32(3), row.ValueOrNull<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5)),
            cancellationToken, ("device_code", digest));
        if (stored is null || stored.ClientId != client.Id)
        {
            return Refused;
        }

        if (stored.State == "consumed")
        {
            // As with an authorization code: the second use ends what the first one gave.
            if (await Grant.RevokeAsync(connection, transaction, stored.GrantId!.Value, now, cancellationToken))
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.FamilyRevoked, true, client.Id, stored.GrantId.ToString(), "device-code-replay"), cancellationToken);
            }

            return Refused;
        }

        if (stored.ExpiresAt <= now)
        {
            return new OAuthError("expired_token", "The device code has expired. Ask for another one.");
        }

        bool tooSoon = stored.PolledAt is { } polledAt && now - polledAt < TimeSpan.FromSeconds(stored.IntervalSeconds);
        int interval = tooSoon ? Math.Min(3600, stored.IntervalSeconds + SlowDownSeconds) : stored.IntervalSeconds;
        await connection.ExecuteAsync(transaction, note, cancellationToken, ("device_code", digest), ("now", now), ("interval_s", interval));
        if (tooSoon)
        {
            return new OAuthError("slow_down", $"Ask every {interval} seconds from now on.");
        }

        if (stored.State == "pending")
        {
            return new OAuthError("authorization_pending", "The user has not decided yet.");
        }

        var grant = stored.GrantId is { } id ? await Grant.LockAsync(connection, transaction, id, cancellationToken) : null;
        if (grant is null || !grant.IsGoodAt(now))
        {
            await events.RecordAsync(connection, transaction, new(SecurityActions.TokenRefused, false, client.Id, Reason: "device-denied"), cancellationToken);
            return new OAuthError("access_denied", "The user has denied it.");
        }

        await connection.ExecuteAsync(transaction, consume, cancellationToken, ("device_code", digest));
        string? refreshToken = await refreshTokens.StartAsync(connection, transaction, client, grant, cancellationToken);
        await events.RecordAsync(connection, transaction, new(SecurityActions.TokenIssued, true, client.Id, grant.Id.ToString(), "device"), cancellationToken);
        return issuer.ForGrant(client, grant, refreshToken);
    }

    private sealed record Stored(
        string ClientId, string State, Guid? GrantId, int IntervalSeconds, DateTimeOffset? PolledAt, DateTimeOffset ExpiresAt);
}

/// <summary>What a device asks its user for.</summary>
internal sealed record WaitingDevice(string ClientId, RequestedScope Scope);
