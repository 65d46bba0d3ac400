using System.Net.Http.Json;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notifications;
using Back2Code.Notifications.Listing;
using Microsoft.AspNetCore.Hosting;

namespace Back2Code.IntegrationTests.Notifications;

/// <summary>The notifications service with its servers.</summary>
internal sealed class NotificationsApplication : ServiceApplication<NotificationView>
{
    private NotificationsApplication(IReadOnlyDictionary<string, string> settings)
        : base("notifications", settings)
    {
    }

    /// <summary>Started and ready.</summary>
    public static async Task<NotificationsApplication> StartAsync(string postgres, string rabbitMq, Action<IWebHostBuilder>? configure = null)
    {
        NotificationsApplication application = new(new Dictionary<string, string>
        {
            ["ConnectionStrings:Postgres"] = postgres,
            ["ConnectionStrings:RabbitMQ"] = rabbitMq,
        })
        {
            Configure = configure,
        };
        await application.StartAsync();
        return application;
    }
}

/// <summary>The requests of the API, by intent.</summary>
internal static class NotificationsRequests
{
    public static async Task<NotificationPage> InboxAsync(this HttpClient client, string query = "?limit=500")
    {
        using var response = await client.GetAsync("/v1/notifications" + query, TestContext.Current.CancellationToken);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<NotificationPage>(TestContext.Current.CancellationToken))!;
    }

    public static Task<HttpResponseMessage> MarkReadAsync(this HttpClient client, Guid id) =>
        client.PostAsync($"/v1/notifications/{id}/read", content: null, TestContext.Current.CancellationToken);
}
