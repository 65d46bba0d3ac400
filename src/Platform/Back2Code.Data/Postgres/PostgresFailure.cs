using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Data;

/// <summary>Whether PostgreSQL is of no use at the moment, or whether it answered a statement with no.</summary>
public static class PostgresFailure
{
    /// <summary>
    /// What <see cref="DependencyFailure.IsLikely"/> says, and besides what Npgsql does not call transient although no statement is at fault: the server
    /// lets this service's role not in (a password that was rotated, a login that was taken away), has no such database, or is a standby and takes no writes.
    /// Whoever sent the statement can do nothing about it but come again later.
    /// </summary>
    public static bool IsLikely(Exception exception) => DependencyFailure.IsLikely(exception) || exception is PostgresException
    {
        SqlState: PostgresErrorCodes.InvalidPassword
            or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.ReadOnlySqlTransaction,
    };
}
