namespace Back2Code.Chaos.Proxy;

/// <summary>How one direction of a connection ends.</summary>
internal enum StreamEnd
{
    /// <summary>The sender has said all (FIN); the other direction goes on.</summary>
    HalfClose,

    /// <summary>The whole connection closes once what was passed on has left.</summary>
    Close,

    /// <summary>Both ends see RST.</summary>
    Reset,

    /// <summary>Not the end of the stream: the stage was taken out of the chain and nothing more comes through it.</summary>
    Unlinked,
}
