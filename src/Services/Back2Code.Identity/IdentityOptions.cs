using System.ComponentModel.DataAnnotations;

namespace Back2Code.Identity;

/// <summary>
/// The section <c>Identity</c>. Checked when the host starts. The issuer and the audience of the tokens are those that this service accepts itself:
/// <c>Authentication:Issuer</c> and <c>Authentication:Audience</c>.
/// </summary>
public sealed class IdentityOptions
{
    /// <summary>32 bytes in base64. Encrypts private signing keys in the database. All replicas have the same.</summary>
    [Required, AesKey]
    public string EncryptionKey { get; set; } = "";

    /// <summary>Version of <see cref="EncryptionKey"/>: raise it with each new key. 1 to 1,000,000, default 1.</summary>
    [Range(1, 1_000_000)]
    public int EncryptionKeyVersion { get; set; } = 1;

    /// <summary>Encryption keys of earlier versions, by version, for as long as the database holds something under them.</summary>
    public Dictionary<int, string> PreviousEncryptionKeys { get; } = [];

    /// <summary>Life of access tokens and ID tokens. 1 min to 1 h, default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time until a refresh token that nobody uses ends. 1 min to 90 days, default 14 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Time until all that a user allowed a client at once ends, however often it was refreshed. 1 h to 365 days, default 90 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GrantLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// Time in which a used refresh token is accepted once more, as long as its successor is unused: an answer may be lost on the way.
    /// The successor ends with it. 0 to 1 min, default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshRetryWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Life of an authorization code. 5 s to 10 min, default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Life of a device code. 1 to 30 min, default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DeviceCodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Seconds between two questions of a device whether its user has decided. 1 to 60, default 5.</summary>
    [Range(1, 60)]
    public int DevicePollSeconds { get; set; } = 5;

    /// <summary>Life of a signed-in session. 1 min to 30 days, default 12 h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>Age at which the signing key gives way to the next. 1 h to 365 days, default 30 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SigningKeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Time that the next key is published before it signs by schedule: longer than anybody caches the key set. 0 to 1 day, default 15 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PublishAhead { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Time that a retired key stays published: longer than a token lives. 10 min to 7 days, default 2 h.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PublishAfter { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Time between two looks at the keys in the database: how soon a replica notices a rotation. 100 ms to 1 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Iterations of PBKDF2 with HMAC-SHA512. 1,000 to 10,000,000; default 210,000, what OWASP advises.</summary>
    [Range(1_000, 10_000_000)]
    public int PasswordIterations { get; set; } = 210_000;

    /// <summary>Sign-ins to one account that one address may try at once. 1 to 1,000, default 5.</summary>
    [Range(1, 1_000)]
    public int AttemptsPerAccount { get; set; } = 5;

    /// <summary>Time after which one more of them is allowed. 1 s to 1 h, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan AttemptPerAccountEvery { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Sign-ins to whatever accounts that one address may try at once. 1 to 100,000, default 50.</summary>
    [Range(1, 100_000)]
    public int AttemptsPerAddress { get; set; } = 50;

    /// <summary>Time after which one more of them is allowed. 1 ms to 1 h, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan AttemptPerAddressEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Codes of an authenticator that may be tried for one account at once, by whoever has its password, from wherever; recovery codes are not counted.
    /// 3 to 1,000, default 10.
    /// </summary>
    [Range(3, 1_000)]
    public int CodesPerAccount { get; set; } = 10;

    /// <summary>Time after which one more of them is allowed. 1 s to 1 h, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CodePerAccountEvery { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Life of a link in a mail, from the moment that the mail is sent. 5 min to 7 days, default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MailLinkLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Role of whoever registers. Without one, the default, nobody can: operators make the users.</summary>
    [RegularExpression("^(viewer|analyst|operator|admin)$")]
    public string? RegisteredRole { get; set; }

    /// <summary>
    /// The other services that hold personal data, and where each has its export below the gateway. Each consumes <c>user.erasure-requested</c> and answers
    /// <c>user.erased</c>; an erasure is complete when all have. Default: notes and notifications; a new service is a line.
    /// </summary>
    public Dictionary<string, string> PersonalData { get; } = new(StringComparer.Ordinal)
    {
        ["notes"] = "/v1/notes/export",
        ["notifications"] = "/v1/notifications/export",
    };

    /// <summary>How long a service has to answer <c>user.erasure-requested</c> before it is asked again, 1 s to 1 day. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ErasureAskedAgainAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Proxies in front that each append to X-Forwarded-For: the address that counts is this many from the end. 0 to 5; default 0, which trusts no such header.
    /// </summary>
    [Range(0, 5)]
    public int TrustedProxies { get; set; }

    /// <summary>Whether token exchange makes a user who is not there. For the lab only.</summary>
    public bool ProvisionImpersonated { get; set; }

    /// <summary>Role of the users that token exchange makes. Default analyst.</summary>
    [RegularExpression("^(viewer|analyst|operator|admin)$")]
    public string ProvisionedRole { get; set; } = "analyst";

    /// <summary>Client made at start if it is not there, with all permissions and the right to impersonate. For the lab only.</summary>
    [RegularExpression("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    public string? BootstrapClientId { get; set; }

    /// <summary>Its secret, at least 32 characters, and random: it is kept as a fast digest.</summary>
    [MinLength(32)]
    public string? BootstrapClientSecret { get; set; }
}

/// <summary>32 bytes in base64.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AesKeyAttribute() : ValidationAttribute("The field {0} must be 32 bytes in base64.")
{
    public override bool IsValid(object? value) => value is not string text || IsKey(text);

    public static bool IsKey(string text)
    {
        Span<byte> bytes = stackalloc byte[33];
        return Convert.TryFromBase64String(text, bytes, out int written) && written == 32;
    }
}
