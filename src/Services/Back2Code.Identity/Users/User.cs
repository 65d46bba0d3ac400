using Npgsql;

namespace Back2Code.Identity;

/// <summary>Somebody who may sign in.</summary>
/// <param name="Id">UUID version 7; the subject of the user's tokens.</param>
/// <param name="Role">viewer, analyst, operator or admin.</param>
/// <param name="EmailVerified">Null when there is no address, false when an operator vouched for it and nobody has followed a link yet.</param>
/// <param name="HasSecondFactor">Whether a code is asked for after the password.</param>
internal sealed record User(
    Guid Id, string Name, string Role, string? PasswordHash, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt, bool? EmailVerified = null, bool HasSecondFactor = false)
{
    /// <summary>The columns that <see cref="From"/> reads, in its order; of the table users under this name.</summary>
    public const string Columns = """
        users.id, users.name, users.role, users.password_hash, users.created_at, users.disabled_at,
        (SELECT e.verified_at IS NOT NULL FROM email_addresses e WHERE e.user_id = users.id),
        EXISTS (SELECT FROM second_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL)
        """;

    public static User From(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2), row.TextOrNull(3), row.GetFieldValue<DateTimeOffset>(4), row.ValueOrNull<DateTimeOffset>(5),
        row.ValueOrNull<bool>(6), row.GetBoolean(7));
}
