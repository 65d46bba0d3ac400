using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Spool;
using Back2Code.Monitoring.Watchdog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Alerts;

/// <summary>Takes Alertmanager's notifications. Answers 202 when the notification is on disk, so that it survives us and PostgreSQL.</summary>
internal sealed partial class Webhook
{
    private const string Scheme = "Bearer ";

    private readonly IncidentDesk _desk;
    private readonly DeadMansSwitch _watchdog;
    private readonly ILogger<Webhook> _logger;
    private readonly byte[] _tokenHash;
    private readonly int _bodyLimitBytes;
    private readonly Counter<long> _notifications;

    public Webhook(IncidentDesk desk, DeadMansSwitch watchdog, IOptions<MonitoringOptions> options, IMeterFactory meters, ILogger<Webhook> logger)
    {
        (_desk, _watchdog, _logger) = (desk, watchdog, logger);
        _bodyLimitBytes = options.Value.WebhookBodyLimitBytes;
        _tokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(options.Value.WebhookToken));
        _notifications = meters.Create("Back2Code.Monitoring").CreateCounter<long>(
            "monitoring.notifications", "{notification}", "Notifications from Alertmanager by what became of them.");
    }

    public async Task<Results<Accepted, ProblemHttpResult>> ReceiveAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (!IsFromAlertmanager(context.Request))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Refuse("unauthenticated", MonitoringProblems.WrongWebhookToken());
        }

        if (!context.Request.HasJsonContentType())
        {
            return Refuse("malformed", MonitoringProblems.NotJson());
        }

        DateTimeOffset receivedAt = _desk.Now;
        IReadOnlyList<Alert> alerts;
        try
        {
            AlertmanagerNotification? body = await JsonSerializer.DeserializeAsync(
                context.Request.Body, MonitoringJson.Default.AlertmanagerNotification, cancellationToken);
            (alerts, string? refusal) = NotificationReader.Read(body, receivedAt);
            if (refusal is not null)
            {
                return Refuse("malformed", MonitoringProblems.BadNotification(refusal));
            }
        }
        catch (JsonException e)
        {
            return Refuse("malformed", MonitoringProblems.BadNotification($"Not the JSON of a notification: line {e.LineNumber + 1}, byte {e.BytePositionInLine}."));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Refuse("too-large", MonitoringProblems.NotificationTooLarge(_bodyLimitBytes));
        }

        // Most notifications only say that all is well: nothing to record.
        alerts = _watchdog.Sift(alerts);
        if (alerts.Count == 0)
        {
            return Accept();
        }

        try
        {
            if (await _desk.AcceptAsync(alerts, receivedAt, cancellationToken))
            {
                return Accept();
            }
        }
        catch (IOException e)
        {
            Log.NotRecorded(_logger, e);
        }

        context.Response.Headers.RetryAfter = "5";
        return Refuse("not-recorded", MonitoringProblems.CannotRecord());
    }

    /// <summary>Compares hashes, in constant time: neither content nor length of the token can be learnt from how long a refusal takes.</summary>
    private bool IsFromAlertmanager(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        byte[] presented = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        return CryptographicOperations.FixedTimeEquals(presented, _tokenHash);
    }

    private Accepted Accept()
    {
        _notifications.Add(1, new KeyValuePair<string, object?>("result", "accepted"));
        return TypedResults.Accepted((string?)null);
    }

    private ProblemHttpResult Refuse(string result, ProblemHttpResult problem)
    {
        _notifications.Add(1, new KeyValuePair<string, object?>("result", result));
        Log.Refused(_logger, result, problem.ProblemDetails.Detail);
        return problem;
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "Notification refused ({Result}): {Reason}", EventName = "NotificationRefused")]
        public static partial void Refused(ILogger logger, string result, string? reason);

        [LoggerMessage(5002, LogLevel.Error, "A notification could not be written to the spool", EventName = "NotificationNotRecorded")]
        public static partial void NotRecorded(ILogger logger, Exception exception);
    }
}
