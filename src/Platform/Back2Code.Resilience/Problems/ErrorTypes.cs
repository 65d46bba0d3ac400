namespace Back2Code.Resilience;

/// <summary>
/// Identifiers of the errors that every service can answer with (RFC 9457 <c>type</c> = <see cref="BaseUri"/> + id).
/// Public contract: clients branch on them. Add freely, never rename or reuse.
/// </summary>
public static class ErrorTypes
{
    /// <summary>Prefix of every problem type of the platform.</summary>
    public const string BaseUri = "urn:back2code:problem:";

    /// <summary>400: the request could not be read: malformed JSON, a parameter of the wrong form.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>400: the request was read and breaks a rule; <c>errors</c> names the members.</summary>
    public const string ValidationFailed = "validation-failed";

    /// <summary>401: no token, or one that does not validate.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the token is good and does not allow this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: nothing at this address.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the address exists, the method does not.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>408: the body came too slowly.</summary>
    public const string RequestTimeout = "request-timeout";

    /// <summary>413: the body is larger than the service accepts.</summary>
    public const string BodyTooLarge = "body-too-large";

    /// <summary>415: the body's media type is not accepted.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>429: more requests than the caller's limit allows; Retry-After says when the next one is.</summary>
    public const string TooManyRequests = "too-many-requests";

    /// <summary>431: the request's header fields are larger than the service accepts.</summary>
    public const string HeadersTooLarge = "headers-too-large";

    /// <summary>500: a fault of ours; the log has the details under the same trace id.</summary>
    public const string InternalError = "internal-error";

    /// <summary>503: something the service depends on is away; Retry-After says when to try again.</summary>
    public const string DependencyUnavailable = "dependency-unavailable";
}
