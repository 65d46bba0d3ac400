using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>Addresses as Toxiproxy takes them: <c>127.0.0.1:80</c>, <c>localhost:0</c>, <c>[::1]:80</c>, <c>:80</c> (every interface; for an upstream, this host).</summary>
internal static class HostPort
{
    public static bool TryParse(string text, out string host, out int port)
    {
        host = "";
        port = 0;
        int colon = text.LastIndexOf(':');
        if (colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port > IPEndPoint.MaxPort)
        {
            return false;
        }

        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            return IPAddress.TryParse(host, out _);
        }

        return !host.Contains(':', StringComparison.Ordinal);
    }

    /// <exception cref="ToxiproxyApiException">It is given and no address.</exception>
    public static void Check(string field, string? text)
    {
        if (!string.IsNullOrEmpty(text) && !TryParse(text, out _, out _))
        {
            throw ToxiproxyApiException.BadBody($"{field} '{text}' is not an address of the form host:port");
        }
    }

    /// <summary>The address to bind, with a host name resolved (IPv4 first, as its clients mostly are).</summary>
    /// <exception cref="ToxiproxyApiException">It is no address, or its name is unknown.</exception>
    public static async Task<IPEndPoint> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (!TryParse(text, out string host, out int port))
        {
            throw new ToxiproxyApiException(400, $"bad request body: '{text}' is not an address of the form host:port");
        }

        if (host.Length == 0)
        {
            return new IPEndPoint(IPAddress.IPv6Any, port);
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return new IPEndPoint(address, port);
        }

        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return new IPEndPoint(addresses.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First(), port);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // ArgumentException: a name longer than one can be.
            throw new ToxiproxyApiException(500, $"lookup {host}: {e.Message}");
        }
    }
}
