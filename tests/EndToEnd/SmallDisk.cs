using System.Diagnostics;

namespace Back2Code.EndToEndTests;

/// <summary>A disk of a few megabytes in memory, mounted where a test wants it.</summary>
internal static class SmallDisk
{
    /// <returns>False where the machine does not allow it.</returns>
    public static async Task<bool> TryMountAsync(string folder, string size, CancellationToken cancellationToken)
    {
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", $"size={size},mode=755", "tmpfs", folder]);
        await mount.WaitForExitAsync(cancellationToken);
        return mount.ExitCode == 0;
    }

    public static async Task UnmountAsync(string folder)
    {
        using var unmount = Process.Start("umount", [folder]);
        await unmount.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Takes all the room there is, in one file.</summary>
    public static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 20];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
