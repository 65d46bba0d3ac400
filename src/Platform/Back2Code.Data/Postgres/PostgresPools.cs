namespace Back2Code.Data;

/// <summary>The pools that <c>AddPostgres</c> registers besides the unnamed one for requests.</summary>
public static class PostgresPools
{
    /// <summary>Key of the <see cref="Npgsql.NpgsqlDataSource"/> for background work: it never competes with requests for a connection.</summary>
    public const string Background = "back2code.background";
}
