using Back2Code.Data;

namespace Back2Code.UnitTests.Data;

public sealed class MigrationTests
{
    private static readonly Migration First = new("service", 1, "notes", "CREATE TABLE notes ()");
    private static readonly Migration Second = new("service", 2, "tags", "CREATE TABLE tags ()");

    [Fact]
    public void What_was_not_applied_is_pending_in_order()
    {
        var pending = MigrationPlan.Pending([First, Second], []);

        Assert.Equal([First, Second], pending);
    }

    [Fact]
    public void What_was_applied_is_not_pending()
    {
        var pending = MigrationPlan.Pending([First, Second], [Applied(First)]);

        Assert.Equal([Second], pending);
    }

    [Fact]
    public void A_changed_migration_is_an_error_that_says_what_to_do()
    {
        var changed = First with { Sql = "CREATE TABLE notes (id int)" };

        // `with` copies the checksum, so make the record anew.
        var error = Assert.Throws<MigrationException>(() =>
            MigrationPlan.Pending([new Migration(changed.Set, changed.Version, changed.Name, changed.Sql)], [Applied(First)]));

        Assert.Contains("0001_notes.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("write the change as a new migration", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_migration_below_the_newest_applied_one_is_an_error() =>
        Assert.Throws<MigrationException>(() => MigrationPlan.Pending([First, Second], [Applied(Second)]));

    [Fact]
    public void A_database_ahead_of_the_program_is_fine() =>
        Assert.Empty(MigrationPlan.Pending([First], [Applied(First), Applied(Second)]));

    [Fact]
    public void Line_ends_do_not_change_a_migration() =>
        Assert.Equal(new Migration("s", 1, "a", "A;\nB;\n").Checksum, new Migration("s", 1, "a", "A;\r\nB;\r\n").Checksum);

    [Fact]
    public void The_platforms_own_migrations_are_found_in_order()
    {
        var migrations = Migration.Load(typeof(PostgresMigrator).Assembly, "platform");

        Assert.Equal(["0001_outbox.sql", "0002_inbox.sql"], migrations.Select(migration => migration.FileName));
    }

    private static AppliedMigration Applied(Migration migration) => new(migration.Version, migration.Name, migration.Checksum);
}
