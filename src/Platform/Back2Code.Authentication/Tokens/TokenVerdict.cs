using System.Security.Claims;

namespace Back2Code.Authentication;

/// <summary>What became of a token.</summary>
internal abstract record TokenVerdict
{
    /// <param name="Identity">Claims under the names they have in the token.</param>
    /// <param name="GoodUntil">Expiry plus the allowed clock skew.</param>
    public sealed record Accepted(ClaimsIdentity Identity, DateTimeOffset GoodUntil) : TokenVerdict;

    /// <param name="Reason">Stable word for logs and metrics.</param>
    /// <param name="Description">For the client, in WWW-Authenticate: ASCII without quotes; tells nothing that the client does not know.</param>
    public sealed record Rejected(string Reason, string Description) : TokenVerdict
    {
        public static readonly Rejected Malformed = new("malformed", "The token is not a well-formed JWT");
        public static readonly Rejected TooLarge = new("too_large", "The token is too large");
        public static readonly Rejected WrongAlgorithm = new("algorithm", "The token is not signed with ES256");
        public static readonly Rejected WrongType = new("type", "The token is not an access token (typ at+jwt)");
        public static readonly Rejected Critical = new("critical", "The token has a critical header that is not understood");
        public static readonly Rejected UnknownKey = new("key", "The token is signed with a key that is not known");
        public static readonly Rejected BadSignature = new("signature", "The signature does not match");
        public static readonly Rejected WrongIssuer = new("issuer", "The token comes from another issuer");
        public static readonly Rejected WrongAudience = new("audience", "The token is meant for another audience");
        public static readonly Rejected Expired = new("expired", "The token has expired");
        public static readonly Rejected NotYetValid = new("not_yet_valid", "The token is not valid yet");
        public static readonly Rejected NoSubject = new("subject", "The token names no subject");
    }
}
