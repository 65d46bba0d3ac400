using Npgsql;

namespace Back2Code.Identity;

/// <summary>Somebody who may sign in.</summary>
/// <param name="Id">UUID version 7; the subject of the user's tokens.</param>
/// <param name="Role">viewer, analyst, operator or admin.</param>
internal sealed record User(Guid Id, string Name, string Role, string? PasswordHash, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt)
{
    /// <summary>The columns that <see cref="From"/> reads, in its order.</summary>
    public const string Columns = "id, name, role, password_hash, created_at, disabled_at";

    public static User From(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2), row.TextOrNull(3), row.GetFieldValue<DateTimeOffset>(4), row.ValueOrNull<DateTimeOffset>(5));
}
