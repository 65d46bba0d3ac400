using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Back2Code.Chaos.Proxy.Sockets;

/// <summary>Linux's epoll, edge-triggered: an event says that something has changed since the last one.</summary>
internal sealed class Epoll : IDisposable
{
    public const int In = 0x1;
    public const int Out = 0x4;
    public const int Error = 0x8;
    public const int HangUp = 0x10;
    public const int PeerEnded = 0x2000;
    private const int EdgeTriggered = 1 << 31;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Interrupted = 4;
    private const int MaxEvents = 128;

    // struct epoll_event { uint32_t events; uint64_t data; } is packed on x86-64 and nowhere else.
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int Words = IsPacked ? 3 : 4;
    private static readonly int DataWord = IsPacked ? 1 : 2;

    private readonly Lock _gate = new();
    private readonly int _descriptor = Check(epoll_create1(CloseOnExec), "epoll_create1");
    private readonly int[] _events = new int[MaxEvents * Words];
    private readonly int _wake = Check(eventfd(0, CloseOnExec | NonBlocking), "eventfd");
    private bool _isClosed;

    public Epoll() => Add(_wake);

    private enum Operation
    {
        Add = 1,
        Modify = 3,
    }

    public void Add(int descriptor)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            Check(epoll_ctl(_descriptor, Operation.Add, descriptor, EventOf(descriptor)), "epoll_ctl");
        }
    }

    /// <summary>What <see cref="Rearm"/> takes: made once for each descriptor, since it is asked for often.</summary>
    public static int[] EventOf(int descriptor)
    {
        int[] words = new int[Words];
        words[0] = In | Out | PeerEnded | EdgeTriggered;
        words[DataWord] = descriptor;
        return words;
    }

    /// <summary>Reports a descriptor again that is still ready, after the others that are.</summary>
    public void Rearm(int descriptor, int[] eventOf)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _ = epoll_ctl(_descriptor, Operation.Modify, descriptor, eventOf);
            }
        }
    }

    /// <summary>How many events there are, which is none only when told not to wait for one.</summary>
    public int Wait(bool forEvents)
    {
        int count = epoll_wait(_descriptor, _events, MaxEvents, forEvents ? -1 : 0);
        return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Check(count, "epoll_wait");
    }

    public (int Descriptor, int Flags) Event(int index) => (_events[(index * Words) + DataWord], _events[index * Words]);

    /// <summary>Ends a wait, this one or the next.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _ = eventfd_write(_wake, 1);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            // Their numbers are given out anew at once: nobody may use them after this.
            if (!_isClosed)
            {
                _isClosed = true;
                _ = close(_descriptor);
                _ = close(_wake);
            }
        }
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), call + " failed");

#pragma warning disable SYSLIB1054, CA5392, IDE1006 // LibraryImport would need unsafe code; the C library is always found; names are the C library's.
    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_ctl(int epoll, Operation operation, int descriptor, int[] eventOf);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_wait(int epoll, [In, Out] int[] events, int maxEvents, int timeout);

    [DllImport("libc", SetLastError = true)]
    private static extern int eventfd(uint count, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int eventfd_write(int descriptor, ulong value);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054, CA5392, IDE1006
}
