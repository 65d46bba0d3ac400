namespace Back2Code.IntegrationTests.Servers;

/// <summary>Where the backing programs are. One that is missing skips the test, except on the build machine, where it fails.</summary>
internal static class Programs
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"];

    public static string Find(string name) =>
        Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? Missing(name);

    public static string FindPostgres(string name)
    {
        string[] versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return versions
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out int version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin", name))
            .FirstOrDefault(File.Exists) ?? Missing(name);
    }

    /// <summary>Not the wrapper in /usr/sbin, which changes user and logs to /var/log.</summary>
    public static string FindRabbitMq() =>
        File.Exists("/usr/lib/rabbitmq/bin/rabbitmq-server") ? "/usr/lib/rabbitmq/bin/rabbitmq-server" : Missing("rabbitmq-server");

    private static string Missing(string name)
    {
        string reason = $"{name} is not installed.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
        return "";
    }
}
