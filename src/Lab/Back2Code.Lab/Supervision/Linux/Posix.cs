using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Back2Code.Lab.Supervision.Linux;

/// <summary>The few system calls that .NET has no name for.</summary>
internal static partial class Posix
{
    public static bool IsRoot => geteuid() == 0;

    public static int EffectiveUser => (int)geteuid();

    /// <summary>Sends a signal to the process that had this pid and start time; to no other. False when it is gone.</summary>
    public static bool Signal(int pid, long startTime, int signal) => ProcFs.IsAlive(pid, startTime) && kill(pid, signal) == 0;

    public static void ChangeOwner(string path, int user, int group)
    {
        if (lchown(path, (uint)user, (uint)group) != 0)
        {
            throw new IOException($"Cannot give {path} to user {user}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint geteuid();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lchown(string path, uint user, uint group);
}
