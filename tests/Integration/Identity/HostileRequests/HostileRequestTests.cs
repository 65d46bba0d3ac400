using System.Collections.Concurrent;
using Back2Code.IntegrationTests.Servers;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>
/// Every hostile request, sent as bytes over a socket: each gets the right answer, none a 500; what it wanted to slip in is in no header, no markup and no line of the
/// log, although the log is set to say all that it can.
/// </summary>
public sealed class HostileRequestTests(HostileRequestTests.Stage stage) : IClassFixture<HostileRequestTests.Stage>
{
    private static readonly Dictionary<string, HostileRequest> Corpus =
        new List<HostileRequest>([.. HostileAuthorizations.All, .. HostileCodes.All, .. HostilePages.All, .. HostileForms.All]).ToDictionary(static request => request.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => new(Corpus.Keys);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_gets_the_right_answer_and_slips_nothing_in(string name)
    {
        var hostile = Corpus[name];
        string request = await hostile.Write(stage.Scene);

        var answer = await RawHttp.SendAsync(stage.Scene.Address, request, Cancellation);

        Assert.True(answer.Status < 500, $"{answer.Status} {answer.Body}");
        Assert.True(hostile.Right.Holds(answer), $"Right is {hostile.Right.Words}; the answer was {answer.Status} {answer.Header("Location")} {answer.Body}");
        Assert.DoesNotContain(answer.Headers, static header => header.Name.Equals("X-Evil", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("evil.test", answer.Header("Location") ?? "", StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<script", answer.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(stage.Log, static line => line.Contains('\u001b', StringComparison.Ordinal) || line.Contains("\nforged", StringComparison.Ordinal) || line.Contains("\n2026-01-01 forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_in_order_is_answered_so_that_the_rest_means_something()
    {
        var authorize = await RawHttp.SendAsync(stage.Scene.Address, RawHttp.Get("/oauth2/authorize?" + HostileScene.AuthorizeQuery(stage.Scene.Web), stage.Scene.Cookies), Cancellation);
        var exchange = await RawHttp.SendAsync(
            stage.Scene.Address, RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(stage.Scene.Web, await stage.Scene.NewCodeAsync(stage.Scene.Web))), Cancellation);
        var worker = await RawHttp.SendAsync(stage.Scene.Address, RawHttp.Form("/oauth2/token", stage.Scene.WorkerForm()), Cancellation);
        var consent = await RawHttp.SendAsync(
            stage.Scene.Address, RawHttp.Form("/consent", $"decision=allow&form_token={stage.Scene.FormToken}&continue={stage.Scene.Continue()}", stage.Scene.Cookies), Cancellation);

        Assert.Contains("code=", authorize.Header("Location"), StringComparison.Ordinal);
        Assert.True(Right.Issued.Holds(exchange), exchange.Body);
        Assert.True(Right.Issued.Holds(worker), worker.Body);
        Assert.Contains("code=", consent.Header("Location"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_says_everything_so_that_its_silence_means_something() =>
        Assert.Contains(stage.Log, static line => line.Contains("client-authentication", StringComparison.Ordinal) || line.Contains("sign-in", StringComparison.Ordinal));

    public sealed class Stage(SharedServers servers) : IAsyncLifetime, ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _log = new();
        private IdentityApplication _identity = null!;

        internal HostileScene Scene { get; private set; } = null!;

        internal IEnumerable<string> Log => _log;

        public async ValueTask InitializeAsync()
        {
            _identity = IdentityApplication.Create(
                await (await servers.PostgresAsync()).CreateDatabaseAsync("identity"), (await servers.RabbitMqAsync()).ConnectionString, issuer: null, []);
            _identity.LogTo(this);
            await _identity.StartAsync();
            Scene = await HostileScene.CreateAsync(_identity);
        }

        public async ValueTask DisposeAsync() => await _identity.DisposeAsync();

        public void Dispose()
        {
        }

        public ILogger CreateLogger(string categoryName) => new Line(_log, categoryName);

        private sealed class Line(ConcurrentQueue<string> log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                // What a driver or the server's own connection says at its lowest level is not of this service.
                if (category.StartsWith("Back2Code", StringComparison.Ordinal) || logLevel >= LogLevel.Information)
                {
                    log.Enqueue($"{category} {formatter(state, exception)} {exception}");
                }
            }
        }
    }
}
