namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// What happens to the bytes of one direction of a connection. One instance serves every connection it is on, so it holds settings and no state.
/// The contract, whatever the traffic: while it waits it can be interrupted, and then every chunk it has taken goes out before it reads again;
/// it never reorders; it loses bytes only through <see cref="ToxicPipe.Drop"/>.
/// </summary>
internal abstract class Toxic
{
    /// <summary>What becomes of a connection when the toxic is taken off it. Null: it goes on. A toxic that may have lost bytes ends it, since the rest would be garbage.</summary>
    public virtual StreamEnd? EndWhenRemoved => null;

    /// <summary>Whether it works on both directions of a connection, whatever its stream: one that acts on answers and must know the requests.</summary>
    public virtual bool IsOnBothStreams => false;

    /// <summary>Moves chunks until the input ends, and says how the output is to end: <see cref="ToxicPipe.InputEnd"/> when it has no wish of its own.</summary>
    public abstract ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe);
}
