using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Back2Code.IntegrationTests.Servers;

internal static class FreePort
{
    /// <summary>
    /// A port that nobody listens on, below the ephemeral range: a server that is killed and started again on its port
    /// must not find it taken by some client's outgoing connection.
    /// </summary>
    public static int Next()
    {
        while (true)
        {
            int port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
        }
    }
}
