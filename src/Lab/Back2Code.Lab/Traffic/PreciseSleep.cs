using System.Runtime.InteropServices;

namespace Back2Code.Lab.Traffic;

/// <summary>
/// Waits on the calling thread until a moment of a run, to some 50 µs. The framework's timers count in milliseconds, and a request that leaves
/// a millisecond late has a millisecond too much in its response time. Spinning would be as exact, and would take the core from the platform under test.
/// </summary>
internal static class PreciseSleep
{
    // How late a cancellation may be noticed while nothing is due.
    private const long LongestNapNs = 10_000_000;

    private const int PR_SET_TIMERSLACK = 29;

    /// <summary>Asks the kernel not to round this thread's wake-ups (by default to 50 µs, so that they can be batched).</summary>
    public static void SharpenThisThread()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = NativeMethods.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
        }
    }

    public static void Until(long offsetNs, RunClock clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            long remainingNs = offsetNs - clock.NowNs;
            if (remainingNs <= 0)
            {
                return;
            }

            long napNs = Math.Min(remainingNs, LongestNapNs);
            if (OperatingSystem.IsLinux())
            {
                // An interrupted nap is shorter; the loop looks again.
                _ = NativeMethods.nanosleep(new Timespec(0, (nint)napNs), IntPtr.Zero);
            }
            else
            {
                cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(Math.Max(1, napNs / 1_000_000)));
            }
        }
    }

    // struct timespec of 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Timespec(nint seconds, nint nanoseconds)
    {
        private readonly nint _seconds = seconds;
        private readonly nint _nanoseconds = nanoseconds;
    }

    private static class NativeMethods
    {
        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int nanosleep(in Timespec request, IntPtr remaining);

        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int prctl(int option, nuint a, nuint b, nuint c, nuint d);
    }
}
