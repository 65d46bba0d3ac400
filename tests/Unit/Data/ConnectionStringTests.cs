using Back2Code.Data;
using Npgsql;

namespace Back2Code.UnitTests.Data;

public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("redis://localhost", "localhost", 6379, "default", null, 0)]
    [InlineData("redis://:secret@127.0.0.1:18079", "127.0.0.1", 18079, "default", "secret", 0)]
    [InlineData("redis://ann:p%40ss@host:1/3", "host", 1, "ann", "p@ss", 3)]
    [InlineData("redis://[::1]:7000", "::1", 7000, "default", null, 0)]
    public void A_Redis_URI_is_understood(string text, string host, int port, string user, string? password, int database) =>
        Assert.Equal(new RedisEndpoint(host, port, user, password, database), RedisEndpoint.Parse(text));

    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("http://localhost")]
    [InlineData("redis://host/name")]
    [InlineData("")]
    public void What_is_no_Redis_URI_is_refused(string text) => Assert.Throws<FormatException>(() => RedisEndpoint.Parse(text));

    [Fact]
    public void A_refused_Redis_URI_does_not_show_its_password()
    {
        var error = Assert.Throws<FormatException>(() => RedisEndpoint.Parse("rediss://:hunter2@host"));

        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void PostgreSQL_on_loopback_is_not_asked_for_encryption_unless_told()
    {
        var silent = Build("Host=127.0.0.1;Username=notes");
        var told = Build("Host=127.0.0.1;Username=notes;SSL Mode=Require");
        var remote = Build("Host=db.internal;Username=notes");

        Assert.Equal([SslMode.Disable, SslMode.Require, SslMode.Prefer], [silent.SslMode, told.SslMode, remote.SslMode]);
    }

    [Fact]
    public void PostgreSQL_gets_the_schema_the_limits_and_a_bound_on_what_runs_on()
    {
        var builder = Build("Host=127.0.0.1;Username=notes");

        Assert.Equal("notes", builder.SearchPath);
        Assert.Equal(7, builder.MaxPoolSize);
        Assert.Equal((1, 3, -1), (builder.Timeout, builder.CommandTimeout, builder.CancellationTimeout));
        Assert.Contains("statement_timeout=6000", builder.Options, StringComparison.Ordinal);
    }

    private static NpgsqlConnectionStringBuilder Build(string connectionString) =>
        PostgresConnectionString.Build(new PostgresOptions { ConnectionString = connectionString, Schema = "notes" }, "notes-1", maxPoolSize: 7, TimeSpan.FromSeconds(3));
}
