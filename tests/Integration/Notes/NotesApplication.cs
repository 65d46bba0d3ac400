using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Notes;

/// <summary>The notes service with its servers, and what tests do with it.</summary>
internal sealed class NotesApplication : ServiceApplication<NoteView>
{
    private readonly TimeSpan? _freshFor;

    private NotesApplication(IReadOnlyDictionary<string, string> settings, TimeSpan? freshFor)
        : base("notes", settings) => _freshFor = freshFor;

    /// <summary>Nobody listens there. Tests that need no broker leave it away, and so prove that no request needs one.</summary>
    public static string NoRabbitMq => "amqp://nobody:nothing@127.0.0.1:9/";

    /// <summary>Started and ready.</summary>
    public static async Task<NotesApplication> StartAsync(string postgres, RedisServer redis, string? rabbitMq = null, TimeSpan? freshFor = null, Action<IWebHostBuilder>? configure = null)
    {
        NotesApplication application = new(
            new Dictionary<string, string>
            {
                ["ConnectionStrings:Postgres"] = postgres,
                ["ConnectionStrings:Redis"] = redis.ConnectionString,
                ["ConnectionStrings:RabbitMQ"] = rabbitMq ?? NoRabbitMq,
            },
            freshFor)
        {
            Configure = configure,
        };
        await application.StartAsync();
        return application;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        if (_freshFor is { } freshFor)
        {
            builder.ConfigureServices(services => services.PostConfigure<VersionedCacheOptions>("notes", cache => cache.FreshFor = freshFor));
        }
    }
}

/// <summary>The requests of the API, by intent.</summary>
internal static class NotesRequests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> PostNoteAsync(this HttpClient client, string title, string body = "", string? key = null)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v1/notes") { Content = JsonContent.Create(new { title, body }) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return client.SendAsync(request, Cancellation);
    }

    public static async Task<NoteView> CreateNoteAsync(this HttpClient client, string title, string body = "")
    {
        using var response = await client.PostNoteAsync(title, body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.NoteAsync();
    }

    public static Task<HttpResponseMessage> ReadNoteAsync(this HttpClient client, Guid id) => client.GetAsync($"/v1/notes/{id}", Cancellation);

    public static Task<HttpResponseMessage> ReplaceNoteAsync(this HttpClient client, Guid id, string title, string body, long version) =>
        client.PutAsJsonAsync($"/v1/notes/{id}", new { title, body, version }, Cancellation);

    public static Task<HttpResponseMessage> DeleteNoteAsync(this HttpClient client, Guid id) => client.DeleteAsync($"/v1/notes/{id}", Cancellation);

    public static async Task<NoteView> NoteAsync(this HttpResponseMessage response) =>
        JsonSerializer.Deserialize<NoteView>(await response.Content.ReadAsStringAsync(Cancellation), JsonSerializerOptions.Web)!;

    public static string? CacheStatus(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("Cache-Status", out var values) ? values.Single() : null;
}
