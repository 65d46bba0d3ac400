using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>How many messages wait in each queue of RabbitMQ. A dead-letter queue is judged by its own measure: each message in it waits for a person.</summary>
internal sealed class QueueCheck : IPlatformCheck, IDisposable
{
    // The detailed endpoint gives each queue by name; the plain one, which Prometheus scrapes, gives their sum.
    private const string Detailed = "/metrics/detailed?family=queue_coarse_metrics";
    private const string Messages = "rabbitmq_detailed_queue_messages{";
    private const int MaximumAnswerBytes = 16 << 20;

    private readonly HttpClient? _http;
    private readonly HealthOptions _options;

    public QueueCheck(IOptions<HealthOptions> options)
    {
        _options = options.Value;
        if (_options.RabbitMqMetricsUrl is { Length: > 0 } url)
        {
            _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            {
                BaseAddress = new Uri(url),
                Timeout = _options.CheckTimeout,
                MaxResponseContentBufferSize = MaximumAnswerBytes,
            };
        }
    }

    public string Name => "queue";

    public string Title => "Queue depth";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (_http is null)
        {
            return Finding.NotApplicable("no metrics of RabbitMQ are configured (Monitoring:Health:RabbitMqMetricsUrl)");
        }

        string text;
        try
        {
            text = await _http.GetStringAsync(new Uri(Detailed, UriKind.Relative), cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CheckFailedException($"RabbitMQ cannot be asked ({(e.StatusCode is { } status ? ((int)status).ToString(CultureInfo.InvariantCulture) : e.HttpRequestError)})", e);
        }

        List<Finding> queues = [.. Read(text).Select(q => Judge(q.Queue, q.Messages))];
        return queues.Count > 0 ? queues : Finding.NotApplicable("there are no queues");
    }

    public void Dispose() => _http?.Dispose();

    /// <summary>Queues of the default virtual host by their names, others with their host before it.</summary>
    internal static IEnumerable<(string Queue, double Messages)> Read(string text) =>
        from line in text.Split('\n')
        where line.StartsWith(Messages, StringComparison.Ordinal)
        let end = line.LastIndexOf('}')
        where end > 0 && double.TryParse(line.AsSpan(end + 1).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out _)
        let host = Label(line, "vhost")
        select (host is "" or "/" ? Label(line, "queue") : $"{host}/{Label(line, "queue")}", double.Parse(line.AsSpan(end + 1).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture));

    private Finding Judge(string queue, double messages)
    {
        bool isDead = queue.EndsWith(".dead", StringComparison.Ordinal);
        return Finding.Of(
            queue,
            messages == 0 ? "empty" : $"{Amount.Count(messages, "message")} {(isDead ? "parked" : messages == 1 ? "waits" : "wait")}",
            isDead
                ? new Reading("messages", messages, "{message}", _options.DeadLettersWarning, _options.DeadLettersCritical)
                : new Reading("messages", messages, "{message}", _options.QueueDepthWarning, _options.QueueDepthCritical));
    }

    /// <summary>A label's value, its escapes undone.</summary>
    private static string Label(string line, string name)
    {
        int start = line.IndexOf($"{name}=\"", StringComparison.Ordinal);
        var value = new StringBuilder();
        for (int i = start < 0 ? line.Length : start + name.Length + 2; i < line.Length && line[i] != '"'; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length)
            {
                i++;
                value.Append(line[i] == 'n' ? '\n' : line[i]);
            }
            else
            {
                value.Append(line[i]);
            }
        }

        return value.ToString();
    }
}
