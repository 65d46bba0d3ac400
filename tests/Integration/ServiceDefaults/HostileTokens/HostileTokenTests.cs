using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Back2Code.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>
/// Every hostile token, sent as bytes over a socket to a service on Kestrel: each gets the right answer, none a 500, and nothing of any appears in the
/// answer or in the log, although the log is set to say all that it can.
/// </summary>
public sealed class HostileTokenTests(HostileTokenTests.LoggedService service) : IClassFixture<HostileTokenTests.LoggedService>
{
    private static readonly Dictionary<string, HostileToken> Corpus =
        new List<HostileToken>([.. HostileHeaders.All, .. HostilePayloads.All, .. HostileForms.All]).ToDictionary(token => token.Name, StringComparer.Ordinal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => new(Corpus.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_gets_the_right_answer_and_leaves_no_trace(string name)
    {
        var hostile = Corpus[name];
        var request = hostile.Request(service.Mint);

        var answer = await service.SendAsync(request);

        var status = int.Parse(answer.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
        Assert.Equal(hostile.Answer, Classify(status, answer));
        Assert.All(Secrets(request), secret => Assert.DoesNotContain(secret, answer, StringComparison.Ordinal));
        Assert.All(Secrets(request), secret => Assert.DoesNotContain(service.Log, line => line.Contains(secret, StringComparison.Ordinal)));
        Assert.DoesNotContain("X-Evil", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(service.Log, line => line.Contains("forged", StringComparison.Ordinal) || line.Contains('\u001b', StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_good_token_is_accepted_so_that_the_rest_means_something()
    {
        var answer = await service.SendAsync($"Authorization: Bearer {service.Mint.Good}\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.EndsWith("ada", answer.TrimEnd('\r', '\n', '0'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_says_why_a_token_was_refused()
    {
        await service.SendAsync("Authorization: Bearer a.b.c\r\n");

        Assert.Contains(service.Log, line => line.Contains("Token rejected: malformed", StringComparison.Ordinal));
    }

    private static Answer Classify(int status, string answer) => status switch
    {
        200 => Answer.Accepted,
        400 or 431 => Answer.BadRequest,
        401 when answer.Contains("WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"", StringComparison.Ordinal) && answer.Contains("application/problem+json", StringComparison.Ordinal) => Answer.InvalidToken,
        401 when answer.Contains("WWW-Authenticate: Bearer\r\n", StringComparison.Ordinal) => Answer.NoCredentials,
        _ => throw new InvalidOperationException($"Neither of the right answers: {answer}"),
    };

    /// <summary>The parts of what was sent that are long enough to be found by accident nowhere.</summary>
    private static IEnumerable<string> Secrets(string request) =>
        request.Split(['.', ' ', '\r', '\n', '=', '&', ','], StringSplitOptions.RemoveEmptyEntries).Where(part => part.Length >= 24).Select(part => part[..24]);

    public sealed class LoggedService : IAsyncLifetime, ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _log = new();
        private TestService _service = null!;

        internal TokenMint Mint { get; private set; } = null!;

        internal IEnumerable<string> Log => _log;

        public async ValueTask InitializeAsync()
        {
            _service = await TestService.StartAsync(
                builder =>
                {
                    builder.Logging.ClearProviders();
                    builder.Logging.AddProvider(this);
                },
                static app => app.MapPost("/me", (CurrentUser user) => user.Id).RequireAuthorization(),
                [new("Logging:LogLevel:Default", "Trace"), new("Logging:LogLevel:Back2Code.Authentication.BearerHandler", "Trace"), new("Logging:LogLevel:Microsoft.AspNetCore", "Warning")]);
            Mint = new TokenMint(_service.Signer);
        }

        public async ValueTask DisposeAsync() => await _service.DisposeAsync();

        public void Dispose()
        {
        }

        public ILogger CreateLogger(string categoryName) => new Line(_log, categoryName);

        /// <summary>Header lines of a GET, or a whole request; its bytes are UTF-8, so that what is no ASCII gets through.</summary>
        internal async Task<string> SendAsync(string request)
        {
            var address = _service.Client.BaseAddress!;
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(address.Host, address.Port, Cancellation);
            await using var stream = tcp.GetStream();
            var whole = request.StartsWith("GET ", StringComparison.Ordinal) || request.StartsWith("POST ", StringComparison.Ordinal) ? request : "GET /me HTTP/1.1\r\n" + request;
            var firstLine = whole.IndexOf("\r\n", StringComparison.Ordinal) + 2;
            whole = whole[..firstLine] + "Host: x\r\nConnection: close\r\n" + whole[firstLine..];
            await stream.WriteAsync(Encoding.UTF8.GetBytes(whole.StartsWith("POST ", StringComparison.Ordinal) ? whole : whole + "\r\n"), Cancellation);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync(Cancellation);
        }

        private sealed class Line(ConcurrentQueue<string> log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                log.Enqueue($"{category} {formatter(state, exception)} {exception}");
        }
    }
}
