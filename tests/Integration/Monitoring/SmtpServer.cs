using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>
/// A mail server over real TCP (RFC 5321) whose moods a test chooses; with a certificate it speaks TLS after STARTTLS (RFC 3207), and then asks for a sign-in
/// (RFC 4954, LOGIN). For a server of somebody else's making see <see cref="MailTests"/>.
/// </summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    /// <summary>Offers STARTTLS, and takes nothing before it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Takes no mail from anybody else.</summary>
    public (string User, string Password)? Account { get; init; }

    /// <summary>Every line of clients, with whether it came through TLS.</summary>
    public ConcurrentQueue<(bool Encrypted, string Line)> Heard { get; } = [];

    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public int Port { get; private set; }

    public ConcurrentQueue<string> Mails { get; } = [];

    public int Connections => _connections;

    private int _connections;

    /// <summary>What it says to the end of a mail; null: nothing, for ever.</summary>
    public string? Verdict { get; set; } = "250 2.0.0 queued";

    public void Start(int port = 0)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public void Stop() => _listener?.Stop();

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _stopped.CancelAsync();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stopped.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                _sessions.Add(ServeAsync(await listener.AcceptTcpClientAsync(_stopped.Token)));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        using (client)
        {
            try
            {
                await ConverseAsync(client.GetStream(), isEncrypted: false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client has left, or the test is over.
            }
        }
    }

    private async Task ConverseAsync(Stream stream, bool isEncrypted)
    {
        await using var writer = new StreamWriter(stream, Encoding.ASCII, leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        bool isSignedIn = Account is null;
        if (!isEncrypted)
        {
            await writer.WriteLineAsync("220 mail.test ESMTP");
        }

        while (await reader.ReadLineAsync(_stopped.Token) is { } line)
        {
            Heard.Enqueue((isEncrypted, line));
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await writer.WriteLineAsync("250-mail.test");
                    await writer.WriteLineAsync(Certificate is not null && !isEncrypted ? "250-STARTTLS" : Account is not null ? "250-AUTH LOGIN" : "250-PIPELINING");
                    await writer.WriteLineAsync("250 8BITMIME");
                    break;
                case "STARTTLS" when Certificate is not null && !isEncrypted:
                    await writer.WriteLineAsync("220 go ahead");
                    await using (var secured = new SslStream(stream))
                    {
                        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _stopped.Token);
                        await ConverseAsync(secured, isEncrypted: true);
                    }

                    return;
                case "QUIT":
                    await writer.WriteLineAsync("221 bye");
                    return;
                case not "EHLO" when Certificate is not null && !isEncrypted:
                    await writer.WriteLineAsync("530 5.7.0 STARTTLS first");
                    break;
                case "AUTH" when Account is { } account:
                    isSignedIn = await IsSignedInAsync(account, line, reader, writer);
                    await writer.WriteLineAsync(isSignedIn ? "235 2.7.0 welcome" : "535 5.7.8 wrong name or password");
                    break;
                case "MAIL" when !isSignedIn:
                    await writer.WriteLineAsync("530 5.7.0 sign in first");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 go ahead");
                    await FinishAsync(await ReadMailAsync(reader), writer);
                    break;
                default:
                    await writer.WriteLineAsync("250 ok");
                    break;
            }
        }
    }

    /// <summary>The name comes with the command, the password on the next line.</summary>
    private async Task<bool> IsSignedInAsync((string User, string Password) account, string line, StreamReader reader, StreamWriter writer)
    {
        await writer.WriteLineAsync("334 UGFzc3dvcmQ6");
        string password = await reader.ReadLineAsync(_stopped.Token) ?? "";
        static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        return (Text(line.Split(' ')[2]), Text(password)) == account;
    }

    private async Task<string> ReadMailAsync(StreamReader reader)
    {
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync(_stopped.Token) is { } line && line != ".")
        {
            mail.Append(line.StartsWith('.') ? line[1..] : line).Append('\n');
        }

        return mail.ToString();
    }

    private async Task FinishAsync(string mail, StreamWriter writer)
    {
        if (Verdict is not { } verdict)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _stopped.Token);
            return;
        }

        if (verdict.StartsWith('2'))
        {
            Mails.Enqueue(mail);
        }

        await writer.WriteLineAsync(verdict);
    }
}
