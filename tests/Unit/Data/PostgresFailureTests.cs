using Back2Code.Data;
using Npgsql;

namespace Back2Code.UnitTests.Data;

public sealed class PostgresFailureTests
{
    [Theory]
    [InlineData(PostgresErrorCodes.InvalidPassword)]
    [InlineData(PostgresErrorCodes.InvalidAuthorizationSpecification)]
    [InlineData(PostgresErrorCodes.InvalidCatalogName)]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData(PostgresErrorCodes.TooManyConnections)]
    [InlineData(PostgresErrorCodes.AdminShutdown)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    public void A_server_that_is_of_no_use_now_is_a_failure_of_the_dependency(string code) => Assert.True(PostgresFailure.IsLikely(Error(code)));

    [Theory]
    [InlineData(PostgresErrorCodes.UniqueViolation)]
    [InlineData(PostgresErrorCodes.CheckViolation)]
    [InlineData(PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData(PostgresErrorCodes.UndefinedTable)]
    public void A_statement_that_is_answered_no_is_none(string code) => Assert.False(PostgresFailure.IsLikely(Error(code)));

    [Fact]
    public void A_broken_connection_is_one() => Assert.True(PostgresFailure.IsLikely(new NpgsqlException("broken", new IOException())));

    private static PostgresException Error(string code) => new("no", "ERROR", "ERROR", code);
}
