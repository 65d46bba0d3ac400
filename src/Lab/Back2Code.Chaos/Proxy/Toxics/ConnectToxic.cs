using System.Diagnostics;
using System.Net.Sockets;

namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>A toxic that ends a connection before it reaches the upstream. Connections that were open before it came are left alone.</summary>
/// <param name="first">How many connections since it came; 0 for every one.</param>
internal abstract class ConnectToxic(long first) : Toxic
{
    /// <param name="nth">How many connections it has been offered, this one included.</param>
    public bool Takes(long nth) => first == 0 || nth <= first;

    /// <summary>Keeps the client for as long as it likes; whoever calls closes it then.</summary>
    /// <param name="ended">The toxic is removed, or the proxy stops.</param>
    public abstract Task HoldAsync(Socket client, TimeProvider time, CancellationToken ended);

    public sealed override ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe) => throw new UnreachableException("no connection that it takes has a pipe");
}

/// <summary>Answers a new connection with RST, as a host does on whose port nobody listens; the client has connected all the same, since it is us it reached.</summary>
internal sealed class RefuseToxic(long first) : ConnectToxic(first)
{
    public override Task HoldAsync(Socket client, TimeProvider time, CancellationToken ended)
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        return Task.CompletedTask;
    }
}

/// <summary>Accepts a connection and never answers; closes it after <paramref name="timeoutMs"/>, or for 0 when the toxic is removed.</summary>
internal sealed class HangToxic(long first, long timeoutMs) : ConnectToxic(first)
{
    public override async Task HoldAsync(Socket client, TimeProvider time, CancellationToken ended) =>
        await Task.Delay(timeoutMs > 0 ? TimeSpan.FromMilliseconds(timeoutMs) : Timeout.InfiniteTimeSpan, time, ended)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
