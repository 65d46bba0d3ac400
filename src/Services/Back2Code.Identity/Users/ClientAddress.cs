using System.Net;
using System.Net.Sockets;

namespace Back2Code.Identity;

/// <summary>Where a request comes from, as far as trusted proxies tell.</summary>
internal static class ClientAddress
{
    private const int PrefixBytes = 8;

    /// <param name="trustedProxies">How many proxies in front append the address that they see to X-Forwarded-For.</param>
    public static string Of(HttpContext context, int trustedProxies)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (trustedProxies > 0)
        {
            // What stands further to the left was written by somebody who is not trusted.
            string[] seen = string.Join(',', context.Request.Headers["X-Forwarded-For"].ToArray()).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (seen.Length >= trustedProxies && IPAddress.TryParse(seen[^trustedProxies], out var forwarded))
            {
                address = forwarded;
            }
        }

        return Text(address);
    }

    /// <summary>An IPv6 network of /64, because whoever has one address there has them all.</summary>
    public static string Text(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, PrefixBytes)) + "::/64"
            : address.ToString();
    }
}
