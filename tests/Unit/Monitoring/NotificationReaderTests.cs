using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Spool;

namespace Back2Code.UnitTests.Monitoring;

public sealed class NotificationReaderTests
{
    private static readonly DateTimeOffset Now = Notifications.At(100);

    private const string Valid = """
        {"receiver":"monitoring","status":"firing","version":"4","groupKey":"{}:{}","truncatedAlerts":0,"alerts":[{"status":"firing",
        "labels":{"alertname":"NotesAvailabilityFastBurn","severity":"critical","slo":"notes-availability"},"annotations":{"summary":"It burns"},
        "startsAt":"2026-11-20T12:01:30.123456789Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://x","fingerprint":"8c6c4f0a1b2c3d4e"}]}
        """;

    [Fact]
    public void A_notification_of_Alertmanager_is_read()
    {
        Alert alert = Assert.Single(Read(Valid).Alerts);

        Assert.Equal(("NotesAvailabilityFastBurn", Severity.Critical, (DateTimeOffset?)null), (alert.Name, alert.Severity, alert.EndsAt));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 12, 1, 30, TimeSpan.Zero).AddTicks(1_234_560), alert.StartsAt);
    }

    [Fact]
    public void Times_ahead_of_our_clock_are_now()
    {
        string text = Valid.Replace("2026-11-20", "2036-11-20", StringComparison.Ordinal);

        Assert.Equal(Now, Read(text).Alerts[0].StartsAt);
    }

    [Fact]
    public void An_end_before_the_start_is_the_start()
    {
        string text = Valid.Replace("\"status\":\"firing\",\n", "\"status\":\"resolved\",\n", StringComparison.Ordinal).Replace("0001-01-01", "2026-11-20", StringComparison.Ordinal);

        Alert alert = Read(text).Alerts[0];

        Assert.Equal(alert.StartsAt, alert.EndsAt);
    }

    [Theory]
    [InlineData("\"version\":\"4\"", "\"version\":\"3\"", "version is '3'")]
    [InlineData("\"version\":\"4\",", "", "version is ''")]
    [InlineData("\"alertname\":\"NotesAvailabilityFastBurn\",", "", "alertname")]
    [InlineData("\"fingerprint\":\"8c6c4f0a1b2c3d4e\"", "\"fingerprint\":\"../../etc\"", "fingerprint")]
    [InlineData("\"startsAt\":\"2026-11-20T12:01:30.123456789Z\",", "", "startsAt")]
    [InlineData("2026-11-20T12", "0001-01-01T00", "startsAt")]
    [InlineData("[{\"status\":\"firing\"", "[{\"status\":\"burning\"", "alerts[0]: status is 'burning'")]
    [InlineData("\"alerts\":[{", "\"alerts\":[null,{", "alerts[0]: must be an object")]
    [InlineData("\"alerts\":", "\"warnings\":", "alerts must be a list")]
    public void A_notification_that_lacks_something_is_refused_with_the_reason(string passage, string replacement, string reason)
    {
        Assert.Contains(passage, Valid, StringComparison.Ordinal);

        Assert.Contains(reason, Read(Valid.Replace(passage, replacement, StringComparison.Ordinal)).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_refused_too() => Assert.NotNull(Read("null").Refusal);

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"version\":4}")]
    [InlineData("{\"version\":\"4\",\"alerts\":{}}")]
    [InlineData("{\"version\":\"4\",\"version\":\"4\"}")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{\"labels\":{\"a\":{}}}]}")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{\"startsAt\":\"yesterday\"}]}")]
    [InlineData("{")]
    public void What_has_another_shape_is_no_notification(string text) => Assert.Throws<JsonException>(() => Read(text));

    [Fact]
    public void Long_and_many_labels_are_cut()
    {
        string many = string.Join(',', Enumerable.Range(0, 200).Select(i => $"\"label{i:D3}\":\"{new string('x', 5_000)}\""));

        Alert alert = Read(Valid.Replace("\"severity\":", many + ",\"severity\":", StringComparison.Ordinal)).Alerts[0];

        Assert.Equal(64, alert.Labels.Count);
        Assert.All(alert.Labels.Values, value => Assert.InRange(value.Length, 0, 1024));
        Assert.Equal("NotesAvailabilityFastBurn", alert.Name);
    }

    [Fact]
    public void What_PostgreSQL_has_an_index_on_is_cut_to_what_the_index_can_hold()
    {
        string longer = new('\u8a9e', 1_024);

        Alert alert = Read(Valid.Replace("NotesAvailabilityFastBurn", longer + "\",\"service\":\"" + longer, StringComparison.Ordinal)).Alerts[0];

        Assert.Equal((256, 256), (alert.Name.Length, alert.Labels["service"].Length));
    }

    [Fact]
    public void Text_that_PostgreSQL_cannot_hold_or_a_terminal_would_obey_is_cleaned()
    {
        Alert alert = Read(Valid.Replace("It burns", "It\\u0000burns\\u001b[31m\\u009b31m\\u007f\\r\\n\\tnow", StringComparison.Ordinal)).Alerts[0];

        Assert.Equal("It burns [31m 31m  \n\tnow", alert.Annotations["summary"]);
    }

    [Theory]
    [InlineData("critical", Severity.Critical)]
    [InlineData("error", Severity.Error)]
    [InlineData("warning", Severity.Warning)]
    [InlineData("info", Severity.Info)]
    [InlineData("whatever", Severity.Warning)]
    internal void Severities_are_four(string label, Severity expected) =>
        Assert.Equal(expected, Read(Valid.Replace("\"critical\"", $"\"{label}\"", StringComparison.Ordinal)).Alerts[0].Severity);

    private static (IReadOnlyList<Alert> Alerts, string? Refusal) Read(string text) =>
        NotificationReader.Read(JsonSerializer.Deserialize(text, MonitoringJson.Default.AlertmanagerNotification), Now);
}
