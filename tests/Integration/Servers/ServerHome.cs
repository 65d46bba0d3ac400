using System.Diagnostics;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>
/// A temporary folder for one server, and the identity it runs under: user postgres when the tests run as root (PostgreSQL
/// refuses root), else the user of the tests. Every ancestor of the folder for temporary files must be open to that user, as /tmp is.
/// </summary>
internal sealed class ServerHome : IDisposable
{
    private static readonly bool IsRoot = Environment.UserName == "root";

    public ServerHome(string name) => Path = Directory.CreateTempSubdirectory($"b2c-{name}-").FullName;

    public string Path { get; }

    public string LogFile => System.IO.Path.Combine(Path, "server.log");

    /// <summary>Command that replaces itself by the server: the child's pid is the server's, and it dies with the tests.</summary>
    public static string[] ExecPrefix => IsRoot
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--no-new-privs", "--pdeathsig", "KILL", "--"]
        : ["setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"];

    public string Write(string relativePath, string content)
    {
        string path = System.IO.Path.Combine(Path, relativePath);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public string Folder(string relativePath) => Directory.CreateDirectory(System.IO.Path.Combine(Path, relativePath)).FullName;

    /// <summary>Hands everything written so far to the server's user.</summary>
    public async Task HandOverAsync()
    {
        if (!IsRoot)
        {
            return;
        }

        using var chown = Process.Start("chown", ["-R", "postgres:postgres", Path]);
        await chown.WaitForExitAsync();
    }

    public void Dispose()
    {
        // A helper of a killed server may still be writing its last file: a second attempt finds it gone.
        for (int attempt = 1; Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (attempt < 5)
            {
                Thread.Yield();
            }
        }
    }
}
