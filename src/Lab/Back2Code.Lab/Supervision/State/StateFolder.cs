using System.Text.Json;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.Supervision.State;

/// <summary>A state folder that this process has locked for itself. The kernel lets the lock go when the process ends, however it ends.</summary>
internal sealed class StateFolder : IDisposable
{
    /// <summary>What a cluster, a broker and a few minutes of metrics take, with room to spare.</summary>
    private const long LeastFreeBytes = 512L << 20;

    // PostgreSQL's log grows by whole files of 16 MiB.
    private const long LeastFreeWhileRunning = 16 << 20;

    // Not quite at once: between taking a signal off its list and beginning to exit, a killed process looks as if nothing had happened.
    private static readonly TimeSpan WhileItLives = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileItStarts = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WhileItDies = TimeSpan.FromSeconds(15);

    /// <summary>sun_path holds 108 bytes with its end mark; HAProxy binds under a temporary name 16 bytes longer.</summary>
    private const int LongestSocketPath = 107 - 16;

    private const string ShortFolderPrefix = "b2c-run-";

    private readonly FileStream _lockFile;

    private StateFolder(StatePaths paths, RunUser user, FileStream lockFile)
    {
        Paths = paths;
        User = user;
        this._lockFile = lockFile;
        RunDirectory = Path.Combine(paths.Root, "run");
    }

    public StatePaths Paths { get; }

    public RunUser User { get; }

    /// <summary>Holds the sockets of children; lies elsewhere when the state folder's path is too long for a socket.</summary>
    public string RunDirectory { get; private set; }

    /// <summary>Where the control socket is, for lab.json.</summary>
    public string ControlSocket { get; private set; } = "";

    /// <summary>Creates what is missing and takes the lock.</summary>
    /// <exception cref="LabException">It is in use, not writable, full, or not a state folder.</exception>
    public static async Task<StateFolder> OpenAsync(string directory, RunUser user, CancellationToken cancellationToken)
    {
        var paths = new StatePaths(Resolve(directory));
        try
        {
            var made = !Directory.Exists(paths.Root);
            RefuseForeignFolder(paths);
            Directory.CreateDirectory(paths.Root);
            if (made && user.Drop)
            {
                // Passwords have a folder of their own; this one must be entered by the user that the children run as.
                File.SetUnixFileMode(paths.Root, (UnixFileMode)Convert.ToInt32("755", 8));
            }

            CheckSpace(paths);
            var folder = new StateFolder(paths, user, await LockAsync(paths, cancellationToken));
            try
            {
                folder.CreateSubfolders();
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LabException($"The state folder {paths.Root} cannot be written to by {Environment.UserName}: {e.Message} Choose another with --state DIR.", e);
        }
        catch (IOException e)
        {
            throw new LabException($"The state folder {paths.Root} cannot be used: {e.Message} Choose another with --state DIR.", e);
        }
    }

    public void WriteRecord(LabRecord record) =>
        // Anybody may see that a lab runs; only its owner may talk to it.
        AtomicFile.Write(Paths.LabRecord, JsonSerializer.SerializeToUtf8Bytes(record, LabJson.Indented), (UnixFileMode)Convert.ToInt32("644", 8));

    /// <summary>Takes the traces of a run away; data, secrets and logs stay.</summary>
    public void Dispose()
    {
        if (ControlSocket.Length > 0)
        {
            File.Delete(ControlSocket);
            File.Delete(Paths.LabRecord);
            File.Delete(Paths.Processes);
        }

        if (Directory.Exists(RunDirectory))
        {
            Directory.Delete(RunDirectory, recursive: true);
        }

        _lockFile.Dispose();
    }

    private static string Resolve(string directory)
    {
        // The kernel knows a child's working directory by its real path, so that is the one to compare with and to mark children with.
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var missing = new Stack<string>();
        while (!Directory.Exists(full) && Path.GetDirectoryName(full) is { } parent)
        {
            missing.Push(Path.GetFileName(full));
            full = parent;
        }

        return missing.Aggregate(RealPath.Of(full), Path.Combine);
    }

    /// <summary>A typing error in --state must not fill somebody's home folder with ours.</summary>
    private static void RefuseForeignFolder(StatePaths paths)
    {
        if (File.Exists(paths.Root))
        {
            throw new LabException($"The state folder {paths.Root} is a file. Choose another with --state DIR.");
        }

        if (Directory.Exists(paths.Root)
            && !File.Exists(paths.Lock)
            // A detached lab's log may be there before the lab itself.
            && Directory.EnumerateFileSystemEntries(paths.Root).Any(e => e != paths.Logs))
        {
            throw new LabException($"{paths.Root} holds something that is not a platform's state. Choose an empty or new folder with --state DIR.");
        }

        foreach (var folder in (string[])[paths.Data, paths.Logs, paths.Config, paths.Secrets, paths.Faults])
        {
            if (File.Exists(folder))
            {
                throw Corrupt(paths, $"{Path.GetFileName(folder)} is a file and should be a folder");
            }
        }
    }

    public static LabException Corrupt(StatePaths paths, string what) =>
        new($"The state folder {paths.Root} is damaged: {what}. Move it away to keep what it holds, or start afresh with another --state DIR.");

    /// <summary>Says that the disk is full for a platform that runs on it; null while it is not, and when that cannot be found out.</summary>
    public static string? FindDiskTrouble(StatePaths paths)
    {
        try
        {
            var free = new DriveInfo(paths.Root).AvailableFreeSpace;
            return free < LeastFreeWhileRunning ? $"the disk of the state folder {paths.Root} is full ({free >> 10} KiB are free)" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void CheckSpace(StatePaths paths)
    {
        var free = new DriveInfo(paths.Root).AvailableFreeSpace;
        if (free < LeastFreeBytes)
        {
            throw new LabException($"The disk of the state folder {paths.Root} is full: {free >> 20} MiB are free and {LeastFreeBytes >> 20} MiB are needed. Free some, or choose another with --state DIR.");
        }
    }

    private static async Task<FileStream> LockAsync(StatePaths paths, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException) && File.Exists(paths.Lock))
            {
                var record = LabRecord.TryRead(paths.Root);
                if (TimeProvider.System.GetElapsedTime(start) >= PatienceWith(record))
                {
                    var holder = record is null
                        ? "it is just starting or stopping"
                        : $"pid {record.Pid}, since {record.StartedAt.ToLocalTime():HH:mm:ss}, ports from {record.PortBase}";
                    throw new LabException($"A platform already runs on {paths.Root} ({holder}). See `back2code status`, stop it with `back2code down`, or start another with --state DIR --port-base N.", e);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    /// <summary>
    /// How long to wait for the lock. A lab that was killed a moment ago looks alive at first, then like a zombie, and has its lock until its last thread has closed its
    /// files: on a busy machine, seconds after its children are gone.
    /// </summary>
    private static TimeSpan PatienceWith(LabRecord? holder) => holder switch
    {
        null => WhileItStarts,
        _ when ProcFs.IsAlive(holder.Pid, holder.StartTime) && !ProcFs.IsEnding(holder.Pid) => WhileItLives,
        _ => WhileItDies,
    };

    private void CreateSubfolders()
    {
        var ownerOnly = (UnixFileMode)Convert.ToInt32("700", 8);
        Directory.CreateDirectory(Paths.Secrets, ownerOnly);
        File.SetUnixFileMode(Paths.Secrets, ownerOnly);
        Directory.CreateDirectory(Paths.Faults);
        Directory.CreateDirectory(Paths.Logs);
        Directory.CreateDirectory(Paths.Data);
        Directory.CreateDirectory(Paths.Config, ownerOnly);
        User.Own(Paths.Config);

        RemoveShortFolderOfKilledLab();
        if (Path.Combine(Paths.Root, "run", "haproxy.sock").Length > LongestSocketPath)
        {
            RunDirectory = Directory.CreateTempSubdirectory(ShortFolderPrefix).FullName;
            ControlSocket = Path.Combine(RunDirectory, "lab.sock");
            // The children's user must enter it for HAProxy's socket.
            File.SetUnixFileMode(RunDirectory, (UnixFileMode)Convert.ToInt32("700", 8));
        }
        else
        {
            if (Directory.Exists(RunDirectory))
            {
                Directory.Delete(RunDirectory, recursive: true);
            }

            Directory.CreateDirectory(RunDirectory, ownerOnly);
            ControlSocket = Path.Combine(Paths.Root, "lab.sock");
        }

        User.Own(RunDirectory);
        File.Delete(ControlSocket);
    }

    private void RemoveShortFolderOfKilledLab()
    {
        if (LabRecord.TryRead(Paths.Root) is not { } old
            || Path.GetDirectoryName(old.ControlSocket) is not { } folder
            || folder == Paths.Root
            || !folder.StartsWith(Path.Combine(Path.GetTempPath(), ShortFolderPrefix), StringComparison.Ordinal)
            || !Directory.Exists(folder))
        {
            return;
        }

        // Only the sockets, and the folder once it is empty: a wrong record must not be able to cost anybody a file.
        foreach (var socket in Directory.EnumerateFiles(folder, "*.sock"))
        {
            File.Delete(socket);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
