using System.Runtime.InteropServices;
using System.Text;

namespace Back2Code.Chaos.Faults;

/// <summary>The few system calls that the framework has no door to. Linux only, as the lab is.</summary>
internal static class Native
{
    public const int ErrorNoSuchProcess = 3;
    public const int ErrorNotPermitted = 1;
    private const int OpenReadOnly = 0;
    private const int PriorityOfProcess = 0;

    /// <summary>0, or the error number.</summary>
    public static int Kill(int pid, int signal) => kill(pid, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Changes the limits of a process; 0, or the error number.</summary>
    public static int SetLimit(int pid, int resource, ulong soft, ulong hard) =>
        prlimit(pid, resource, [soft, hard], null) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>The processors that a thread may run on, a bit for each.</summary>
    public static byte[] GetAffinity(int thread)
    {
        byte[] mask = new byte[128];
        int length = sched_getaffinity(thread, mask.Length, mask);
        Check(length < 0 ? -1 : 0, $"the processors of thread {thread} cannot be read");
        return mask;
    }

    public static void SetAffinity(int thread, byte[] mask) =>
        Check(sched_setaffinity(thread, mask.Length, mask), $"the processors of thread {thread} cannot be changed");

    /// <summary>Gives a thread a nice value from -20 to 19. Only root may lower one.</summary>
    public static void SetNice(int thread, int nice) => Check(setpriority(PriorityOfProcess, thread, nice), $"the priority of thread {thread} cannot be changed");

    private static void Check(int result, string otherwise)
    {
        if (result != 0)
        {
            throw new FaultException($"{otherwise}: {new System.ComponentModel.Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Makes the names in a directory durable: without it a new file can be gone after a power cut although its bytes were flushed.</summary>
    public static void FlushDirectory(string path)
    {
        int descriptor = open(Encoding.UTF8.GetBytes(path + '\0'), OpenReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"{path} cannot be opened for flushing: error {Marshal.GetLastPInvokeError()}");
        }

        int result = fsync(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        if (result != 0)
        {
            throw new IOException($"{path} cannot be flushed: error {error}");
        }
    }

#pragma warning disable SYSLIB1054, CA5392, IDE1006 // LibraryImport would need unsafe code; the C library is always found; names are the C library's.
    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);

    [DllImport("libc", SetLastError = true)]
    private static extern int prlimit(int pid, int resource, ulong[]? changed, [Out] ulong[]? old);

    [DllImport("libc", SetLastError = true)]
    private static extern int sched_getaffinity(int thread, nint size, [Out] byte[] mask);

    [DllImport("libc", SetLastError = true)]
    private static extern int sched_setaffinity(int thread, nint size, byte[] mask);

    [DllImport("libc", SetLastError = true)]
    private static extern int setpriority(int which, int who, int priority);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054, CA5392, IDE1006
}
