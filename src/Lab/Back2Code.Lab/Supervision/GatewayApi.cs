using System.Net.Sockets;
using System.Text;

namespace Back2Code.Lab.Supervision;

/// <summary>HAProxy's runtime API, a unix socket that only the lab and HAProxy itself may open (mode 0600 in a folder of mode 0700).</summary>
internal sealed class GatewayApi(string socketPath)
{
    private const int LargestAnswer = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>One command, one answer. HAProxy closes the connection after it.</summary>
    /// <exception cref="LabException">It does not answer.</exception>
    public async Task<string> SendAsync(string command, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), limit.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes(command + "\n"), limit.Token);
            var answer = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (await socket.ReceiveAsync(buffer, limit.Token) is var read and > 0 && answer.Length < LargestAnswer)
            {
                answer.Write(buffer.AsSpan(0, read));
            }

            return Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length).Trim();
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new LabException($"The gateway's runtime API does not answer: {e.Message}", e);
        }
    }
}
