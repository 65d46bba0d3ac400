using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.State;

/// <summary>Finds out before anything starts whether the ports are free.</summary>
internal static class PortCheck
{
    /// <summary>Below the range that the kernel gives to outgoing connections (32768 on), above what well-known servers use.</summary>
    private const int LeastBase = 10_000, MostBase = 32_400;

    /// <exception cref="LabException">A port is taken; one line names it, its would-be user and its holder.</exception>
    public static void ThrowIfTaken(PortPlan plan)
    {
        foreach (var (port, udp, user) in plan.All())
        {
            if (!IsFree(port, udp))
            {
                throw new LabException($"Port {port} (for {user}) is in use by {PortHolder.Describe(port, udp)}. Stop that, or choose other ports with --port-base N or --port-base auto.");
            }
        }
    }

    public static PortPlan FindFree(PlatformTopology topology)
    {
        // From a random place: two labs that look at the same moment rarely meet, and the one that loses is told so.
        const int Slots = (MostBase - LeastBase) / PlatformTopology.PortSpan;
        var first = RandomNumberGenerator.GetInt32(Slots);
        for (var n = 0; n < Slots; n++)
        {
            var plan = new PortPlan(topology, LeastBase + (first + n) % Slots * PlatformTopology.PortSpan);
            if (plan.All().All(p => IsFree(p.Port, p.Udp)))
            {
                return plan;
            }
        }

        throw new LabException($"No free range of {PlatformTopology.PortSpan} ports between {LeastBase} and {MostBase}. Stop something, or name one with --port-base N.");
    }

    private static bool IsFree(int port, bool udp)
    {
        using var socket = udp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            if (!udp)
            {
                // Binding alone succeeds beside a socket that listens with SO_REUSEADDR; listening does not.
                socket.Listen(1);
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
