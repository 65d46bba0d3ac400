using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>
/// Whether Redis has memory left. One short connection for each look, as a user that may do nothing but ask: this service does not depend on
/// Redis, so it keeps no connection to it and does not count as degraded without it.
/// </summary>
internal sealed class RedisCheck(IConfiguration configuration, IOptions<HealthOptions> options) : IPlatformCheck
{
    private const int MaximumReplyBytes = 64 * 1024;

    public string Name => "redis-memory";

    public string Title => "Redis memory";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("Redis") is not { Length: > 0 } connection)
        {
            return Finding.NotApplicable("no Redis is configured");
        }

        Dictionary<string, long> info;
        try
        {
            info = Read(await AskAsync(new Uri(connection), cancellationToken));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new CheckFailedException("Redis cannot be reached", e);
        }

        long used = info.GetValueOrDefault("used_memory", -1), limit = info.GetValueOrDefault("maxmemory");
        if (used < 0)
        {
            throw new CheckFailedException("Redis does not tell its memory");
        }

        if (limit == 0)
        {
            // No limit of its own: then the machine's memory is one.
            limit = info.GetValueOrDefault("total_system_memory");
        }

        if (limit <= 0)
        {
            throw new CheckFailedException("Redis tells no limit of its memory");
        }

        double ratio = used / (double)limit;
        return [Finding.Of(
            "",
            $"{Amount.Bytes(used)} of {Amount.Bytes(limit)} used",
            new Reading("usedRatio", ratio, "1", options.Value.RedisUsedWarning, options.Value.RedisUsedCritical),
            new Reading("usedBytes", used, "By"))];
    }

    private static async Task<string> AskAsync(Uri uri, CancellationToken cancellationToken)
    {
        string[] credentials = uri.UserInfo.Split(':', 2);
        var command = new StringBuilder();
        if (credentials is [var user, var password])
        {
            Append(command, user.Length == 0 ? ["AUTH", Uri.UnescapeDataString(password)] : ["AUTH", Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)]);
        }

        Append(command, ["INFO", "memory"]);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : 6379, cancellationToken);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(command.ToString()), cancellationToken);
        byte[] reply = new byte[MaximumReplyBytes];
        int length = 0;
        while (length < reply.Length)
        {
            int read = await stream.ReadAsync(reply.AsMemory(length), cancellationToken);
            length += read;
            string text = Encoding.UTF8.GetString(reply, 0, length);
            if (Refusal(text) is { } refusal)
            {
                throw new CheckFailedException($"Redis refused to tell its memory ({refusal})");
            }

            if (read == 0 || IsComplete(text))
            {
                return text;
            }
        }

        throw new CheckFailedException("Redis' answer is longer than it can be");
    }

    /// <summary>A command as Redis' protocol has it: an array of strings with their lengths.</summary>
    private static void Append(StringBuilder command, string[] words)
    {
        command.Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words)
        {
            command.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }
    }

    /// <summary>The code of an error reply: WRONGPASS, NOPERM, LOADING.</summary>
    private static string? Refusal(string reply) =>
        reply.Split("\r\n").FirstOrDefault(l => l.StartsWith('-'))?.Split(' ')[0][1..];

    /// <summary>INFO is one string: its length, then so many bytes and a line end.</summary>
    private static bool IsComplete(string reply)
    {
        int start = reply.IndexOf('$', StringComparison.Ordinal);
        int end = start < 0 ? -1 : reply.IndexOf("\r\n", start, StringComparison.Ordinal);
        return end > 0
            && int.TryParse(reply.AsSpan(start + 1, end - start - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && reply.Length >= end + 2 + length + 2;
    }

    private static Dictionary<string, long> Read(string reply) =>
        reply.Split("\r\n")
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .DistinctBy(parts => parts[0], StringComparer.Ordinal)
            .ToDictionary(parts => parts[0], parts => long.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
