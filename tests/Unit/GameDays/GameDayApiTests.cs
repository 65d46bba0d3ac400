using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Back2Code.Lab.GameDays;

namespace Back2Code.UnitTests.GameDays;

public sealed class GameDayApiTests
{
    [Theory]
    [InlineData("diagnose", """{"component": "redis"}""", "$.cause")]
    [InlineData("diagnose", """{"component": " ", "cause": "x"}""", "$.component")]
    [InlineData("diagnose", """{"component": 5}""", "$.component")]
    [InlineData("diagnose", "", "$")]
    [InlineData("note", "{}", "$.text")]
    [InlineData("note", "null", "$")]
    [InlineData("writeup", """{"text": "a" "b"}""", "$")]
    [InlineData("mitigate", """["x"]""", "$")]
    public async Task A_wrong_body_is_refused_with_its_place(string act, string body, string path)
    {
        await using var day = await GameDayApiUnderTest.StartAsync();

        var (status, text) = await day.PostAsync(act, Encoding.UTF8.GetBytes(body));

        var problem = JsonElement.Parse(text);
        Assert.Equal((HttpStatusCode.BadRequest, path), (status, problem.GetProperty("path").GetString()));
        Assert.StartsWith(path, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(day.Book.Acts);
    }

    [Fact]
    public async Task More_than_a_book_takes_is_refused_and_an_act_without_a_body_is_not()
    {
        await using var day = await GameDayApiUnderTest.StartAsync();

        var tooLong = await day.PostAsync("note", Encoding.UTF8.GetBytes($$"""{"text": "{{new string('x', GameDayBook.LongestText + 1)}}"}"""));
        var endless = await day.PostAsync("note", Encoding.UTF8.GetBytes($$"""{"text": "{{new string('x', 3 * GameDayBook.LongestText)}}"}"""));
        var bare = await day.PostAsync("acknowledge", []);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.OK), (tooLong.Status, endless.Status, bare.Status));
        Assert.Equal(OperatorActKind.Acknowledge, Assert.Single(day.Book.Acts).Kind);
    }
}

/// <summary>The operator's API of a game day that has no platform.</summary>
internal sealed class GameDayApiUnderTest : IAsyncDisposable
{
    private readonly GameDayApi _api;
    private readonly HttpClient _http;

    private GameDayApiUnderTest(GameDayApi api, GameDayBook book)
    {
        (_api, Book) = (api, book);
        _http = new HttpClient { BaseAddress = new Uri(api.Url), Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
    }

    public GameDayBook Book { get; }

    public static async Task<GameDayApiUnderTest> StartAsync()
    {
        var book = new GameDayBook(TimeProvider.System);
        return new(await GameDayApi.StartAsync("secret", book, static () => throw new InvalidOperationException("not asked here"), static () => [], TestContext.Current.CancellationToken), book);
    }

    public async Task<(HttpStatusCode Status, string Text)> PostAsync(string act, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        using var response = await _http.PostAsync(new Uri($"/v1/gameday/{act}", UriKind.Relative), content, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
    }
}
