namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>What is right.</summary>
internal enum Answer
{
    /// <summary>401, <c>error="invalid_token"</c>.</summary>
    InvalidToken,

    /// <summary>401 without an error code (RFC 6750 section 3): nothing in the request is a bearer token to us.</summary>
    NoCredentials,

    /// <summary>200: it looks strange and means nothing, or is allowed by the RFC that is named.</summary>
    Accepted,

    /// <summary>400 or 431: no HTTP request.</summary>
    BadRequest,
}

/// <param name="Name">What it is, in words.</param>
/// <param name="Answer">What the service must say.</param>
/// <param name="Request">Header lines of a request for <c>/me</c>; or, where it begins with a method, the whole of it.</param>
internal sealed record HostileToken(string Name, Answer Answer, Func<TokenMint, string> Request)
{
    /// <summary>A token in the Authorization header.</summary>
    public static HostileToken Bearer(string name, Func<TokenMint, string> token, Answer answer = Answer.InvalidToken) =>
        new(name, answer, mint => $"Authorization: Bearer {token(mint)}\r\n");
}
