using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary>
/// One connection to Redis that sends a command and reads its answer, in RESP 2. Small on purpose, and not the platform's own client, which gives up after
/// a fraction of a second. What goes wrong on it is a <see cref="FaultException"/>.
/// </summary>
internal sealed class RedisSession : IAsyncDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private RedisSession(TcpClient client)
    {
        _client = client;
        _stream = new BufferedStream(client.GetStream(), 64 * 1024);
    }

    public static Task<RedisSession> OpenAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        OpenAsync(platform.Redis, [platform.Redis.Password], cancellationToken);

    /// <summary>With the first of several passwords that is taken.</summary>
    public static async Task<RedisSession> OpenAsync(RedisAddress address, IReadOnlyList<string> passwords, CancellationToken cancellationToken)
    {
        var (session, refusal) = await TryOpenAsync(address, passwords, cancellationToken);
        return session ?? throw new FaultException($"Redis refuses the lab itself: {refusal!.Text}");
    }

    /// <returns>What Redis says to the platform's own password; null when it is taken.</returns>
    /// <exception cref="FaultException">Redis cannot be reached, so nobody knows.</exception>
    public static async Task<RedisError?> FindRefusalAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var (session, refusal) = await TryOpenAsync(platform.Redis, [platform.Redis.Password], cancellationToken);
        await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
        return refusal;
    }

    private static async Task<(RedisSession? Session, RedisError? Refusal)> TryOpenAsync(RedisAddress address, IReadOnlyList<string> passwords, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectPatience);
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(address.Host, address.Port, limit.Token);
            var session = new RedisSession(client);
            for (var n = 0; ; n++)
            {
                if (await session.TryAsync(limit.Token, "AUTH", passwords[n]) is not RedisError refusal)
                {
                    return (session, null);
                }

                if (n == passwords.Count - 1)
                {
                    await session.DisposeAsync();
                    return (null, refusal);
                }
            }
        }
        catch (Exception e)
        {
            client.Dispose();
            throw e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                ? new FaultException($"Redis at {address.Host}:{address.Port} cannot be reached: {e.Message}", e)
                : e;
        }
    }

    /// <returns>A string, a number, null, or a list of such.</returns>
    /// <exception cref="FaultException">Redis answered with an error, or not at all.</exception>
    public async Task<object?> AskAsync(CancellationToken cancellationToken, params string[] command)
    {
        var answer = await TryAsync(cancellationToken, command);
        return answer is RedisError error ? throw new FaultException($"Redis: {command[0]}: {error.Text}") : answer;
    }

    public async Task<long> NumberAsync(CancellationToken cancellationToken, params string[] command) => await AskAsync(cancellationToken, command) as long? ?? 0;

    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken, params string[] command) =>
        await AskAsync(cancellationToken, command) is List<object?> items ? [.. items.OfType<string>()] : [];

    /// <returns>As <see cref="AskAsync"/>, or the error that Redis answered.</returns>
    public async Task<object?> TryAsync(CancellationToken cancellationToken, params string[] command)
    {
        try
        {
            var words = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
            foreach (var word in command)
            {
                words.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n").Append(word).Append("\r\n");
            }

            await _stream.WriteAsync(Encoding.UTF8.GetBytes(words.ToString()), cancellationToken);
            await _stream.FlushAsync(cancellationToken);
            return await ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw new FaultException($"Redis gave no answer to {command[0]}: {e.Message}", e);
        }
    }

    /// <summary>One field of <c>INFO</c>, such as <c>used_memory</c>.</summary>
    public async Task<long> InfoAsync(string section, string field, CancellationToken cancellationToken)
    {
        var info = (string?)await AskAsync(cancellationToken, "INFO", section) ?? "";
        var line = info.Split("\r\n").FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return line is not null && long.TryParse(line[(field.Length + 1)..], CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    /// <summary>One setting as it is now.</summary>
    public async Task<string> ConfigAsync(string name, CancellationToken cancellationToken) =>
        await ListAsync(cancellationToken, "CONFIG", "GET", name) is [_, var value] ? value : throw new FaultException($"Redis has no setting {name}.");

    /// <summary>Every key that matches a pattern; keys that come or go meanwhile may be missed.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string pattern, CancellationToken cancellationToken)
    {
        List<string> keys = [];
        var cursor = "0";
        do
        {
            if (await AskAsync(cancellationToken, "SCAN", cursor, "MATCH", pattern, "COUNT", "1000") is not List<object?> { Count: 2 } page)
            {
                throw new FaultException("Redis answered SCAN with something else than a page of keys.");
            }

            cursor = (string)page[0]!;
            keys.AddRange(((List<object?>)page[1]!).OfType<string>());
        }
        while (cursor != "0");

        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        // Closed first: what is unsent of a command that nobody answers must not be waited for.
        _client.Dispose();
        await _stream.DisposeAsync();
    }

    private async Task<object?> ReadAsync(CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return rest;
            case '-':
                return new RedisError(rest);
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$':
                return await ReadBulkAsync(int.Parse(rest, CultureInfo.InvariantCulture), cancellationToken);
            case '*':
                var count = int.Parse(rest, CultureInfo.InvariantCulture);
                if (count < 0)
                {
                    return null;
                }

                List<object?> items = new(count);
                for (var n = 0; n < count; n++)
                {
                    items.Add(await ReadAsync(cancellationToken));
                }

                return items;
            default:
                throw new IOException($"unexpected answer '{line}'");
        }
    }

    private async Task<string?> ReadBulkAsync(int length, CancellationToken cancellationToken)
    {
        if (length < 0)
        {
            return null;
        }

        var bytes = new byte[length + 2];
        await _stream.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one, cancellationToken);
            if (one[0] == '\n' && line.Length > 1 && line[^1] == '\r')
            {
                return line.ToString(0, line.Length - 1);
            }

            line.Append((char)one[0]);
        }
    }
}

/// <summary>An error that Redis answered.</summary>
internal sealed record RedisError(string Text)
{
    /// <summary>Whether it is of this kind, the first word: WRONGPASS, OOM, NOSCRIPT.</summary>
    public bool Is(string kind) => Text.StartsWith(kind + " ", StringComparison.Ordinal);
}
