using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Back2Code.ServiceDefaults;

/// <summary>Where a request comes from, as far as trusted proxies tell.</summary>
public static class ClientAddress
{
    private const int PrefixBytes = 8;

    /// <summary>The address of the request's sender, as <see cref="Text"/> writes it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="trustedProxies">How many proxies in front append the address that they see to X-Forwarded-For; with 0 that header is not looked at.</param>
    public static string Of(HttpContext context, int trustedProxies)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Text((trustedProxies > 0 ? Forwarded(context.Request.Headers["X-Forwarded-For"].ToString(), trustedProxies) : null)
            ?? context.Connection.RemoteIpAddress
            ?? IPAddress.None);
    }

    /// <summary>An IPv6 network of /64, because whoever has one address there has them all.</summary>
    public static string Text(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, PrefixBytes)) + "::/64"
            : address.ToString();
    }

    /// <summary>That many from the end. What stands further to the left was written by somebody who is not trusted.</summary>
    private static IPAddress? Forwarded(ReadOnlySpan<char> seen, int fromTheEnd)
    {
        while (true)
        {
            int comma = seen.LastIndexOf(',');
            var last = seen[(comma + 1)..].Trim();
            if (last.Length > 0 && --fromTheEnd == 0)
            {
                return IPAddress.TryParse(last, out var address) ? address : null;
            }

            if (comma < 0)
            {
                return null;
            }

            seen = seen[..comma];
        }
    }
}
