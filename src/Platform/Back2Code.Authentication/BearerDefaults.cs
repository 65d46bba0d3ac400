namespace Back2Code.Authentication;

/// <summary>Names of the authentication scheme.</summary>
public static class BearerDefaults
{
    /// <summary>The authentication scheme, also the word in the Authorization header.</summary>
    public const string Scheme = "Bearer";

    /// <summary>The meter with the counts of accepted and rejected tokens.</summary>
    public const string MeterName = TokenAuthority.MeterName;
}
