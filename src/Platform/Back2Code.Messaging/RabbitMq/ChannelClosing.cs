using RabbitMQ.Client;

namespace Back2Code.Messaging;

internal static class ChannelClosing
{
    /// <summary>Time that a healthy broker needs many times over; a broker that is not healthy gets no more of ours.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Closes a channel that is no longer needed. What does not close now ends with its connection.</summary>
    public static async Task CloseAsync(IChannel channel)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            if (channel.IsOpen)
            {
                await channel.AbortAsync(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RabbitMQ.Client.Exceptions.RabbitMQClientException or IOException or ObjectDisposedException)
        {
            // The connection's end will be the channel's, too.
        }
    }
}
