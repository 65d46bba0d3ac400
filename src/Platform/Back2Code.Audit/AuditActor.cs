using System.Net;
using Microsoft.AspNetCore.Http;

namespace Back2Code.Audit;

/// <summary>
/// Who acts, as far as the service knows it. As a handler parameter it is the caller of the request:
/// <c>(AuditActor actor, …)</c>.
/// </summary>
/// <param name="Subject">The token's <c>sub</c>; null when nobody is signed in. Never taken from a token that did not validate.</param>
/// <param name="Client">The token's <c>client_id</c> (RFC 9068); null when it has none.</param>
/// <param name="Address">
/// Address of the connection: behind a gateway that is the gateway's, unless the host lets ASP.NET Core's forwarded-headers middleware
/// replace it. A header is not read here, because whoever connects can write it.
/// </param>
public sealed record AuditActor(string? Subject, string? Client, string? Address)
{
    /// <summary>The service itself: work that no request asked for.</summary>
    public static AuditActor Service { get; } = new(null, null, null);

    /// <summary>The caller of a request.</summary>
    public static AuditActor From(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new AuditActor(Clean(context.User.FindFirst("sub")?.Value), Clean(context.User.FindFirst("client_id")?.Value), TextOf(context.Connection.RemoteIpAddress));
    }

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    public static ValueTask<AuditActor?> BindAsync(HttpContext context) => ValueTask.FromResult<AuditActor?>(From(context));

    /// <summary>An odd name in a token must cost nobody the record, nor the request that it is about.</summary>
    private static string? Clean(string? text) => text is null ? null : AuditText.Clean(text, AuditRecord.LongestName);

    // A dual-stack socket shows IPv4 as ::ffff:a.b.c.d; two spellings of one address would be two clients.
    private static string? TextOf(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
