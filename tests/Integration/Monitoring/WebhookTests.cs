using System.Net;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Monitoring;

public sealed class WebhookTests(MonitoringFixture fixture) : IClassFixture<MonitoringFixture>
{
    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData(MonitoringApplication.WebhookToken + "x")]
    public async Task Without_its_token_nobody_is_heard(string token)
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(Notification.Of(), token);

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":\"4\"}")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{}]}")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{\"status\":\"firing\",\"fingerprint\":\"a\",\"startsAt\":\"2026-01-01T00:00:00Z\",\"labels\":{}}]}")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{\"labels\":{\"alertname\":\"\\ud800\"}}]}")]
    public async Task A_malformed_notification_is_refused(string body)
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(body);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "notification-malformed");
    }

    [Fact]
    public async Task A_body_that_nests_without_end_is_refused()
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(new string('[', 60_000));

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "notification-malformed");
    }

    [Fact]
    public async Task A_body_above_the_limit_is_refused()
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(Notification.Of(Notification.Alert(new string('x', 70_000), 0)));

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Fact]
    public async Task Another_media_type_is_refused()
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(Notification.Of(), mediaType: "text/plain");

        await response.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Fact]
    public async Task A_notification_without_alerts_is_taken()
    {
        using HttpResponseMessage response = await fixture.Monitoring.NotifyAsync(Notification.Of());

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task Refusals_and_acceptances_are_counted()
    {
        using HttpResponseMessage refused = await fixture.Monitoring.NotifyAsync("{");
        using HttpResponseMessage accepted = await fixture.Monitoring.NotifyAsync(Notification.Of());

        string metrics = await fixture.Monitoring.Anonymous().GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.Matches("monitoring_notifications_total\\{[^}]*result=\"malformed\"[^}]*\\} [1-9]", metrics);
        Assert.Matches("monitoring_notifications_total\\{[^}]*result=\"accepted\"[^}]*\\} [1-9]", metrics);
    }
}
