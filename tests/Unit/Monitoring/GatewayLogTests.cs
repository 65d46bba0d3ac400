using System.Diagnostics.Metrics;
using System.Text;
using Back2Code.Monitoring.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.UnitTests.Monitoring;

public sealed class GatewayLogTests : IDisposable
{
    private const string Line =
        "<134>Nov 20 12:00:00 haproxy[4711]: b2c backend=notes server=notes-1 method=GET status=200 total_ms=37 connect_ms=0 response_ms=36 term=---- retries=0 path=/v1/notes";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void A_line_of_the_gateway_is_read() => Assert.Equal("notes GET 200 37 ms", Parse(Line));

    [Theory]
    [InlineData("status=200", "status=-1", "notes GET -1 37 ms")]
    [InlineData("total_ms=37", "total_ms=+37", "notes GET 200 37 ms")]
    [InlineData("server=notes-1", "server=<NOSRV>", "notes GET 200 37 ms")]
    [InlineData("method=GET", "method=<BADREQ>", "notes <BADREQ> 200 37 ms")]
    [InlineData("path=/v1/notes", "path=/x status=500 total_ms=9", "notes GET 200 37 ms")]
    [InlineData("term=----", "new_field=1 term=----", "notes GET 200 37 ms")]
    public void What_the_gateway_may_write_is_read(string passage, string replacement, string expected) =>
        Assert.Equal(expected, Parse(Line.Replace(passage, replacement, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("<134>Nov 20 12:00:00 haproxy[4711]: Proxy notes started.")]
    [InlineData("b2c ")]
    [InlineData("b2c backend=notes method=GET status=200")]
    [InlineData("b2c backend=notes method=GET total_ms=1")]
    [InlineData("b2c backend=notes method=GET status=OK total_ms=1")]
    [InlineData("b2c backend=notes method=GET status=42 total_ms=1")]
    [InlineData("b2c backend=notes method=GET status=200 total_ms=-1")]
    [InlineData("b2c backend=notes method=GET status=200 total_ms=99999999999")]
    [InlineData("b2c backend= method=GET status=200 total_ms=1")]
    [InlineData("b2c path=backend=notes method=GET status=200 total_ms=1")]
    public void Anything_else_is_no_request(string line) => Assert.Null(Parse(line));

    [Fact]
    public void Any_bytes_are_survived()
    {
        var random = new Random(11);
        byte[] line = Encoding.UTF8.GetBytes(Line);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] spoiled = line[..random.Next(line.Length)];
            for (int n = random.Next(4); n > 0 && spoiled.Length > 0; n--)
            {
                spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
            }

            _ = GatewayLogLine.TryParse(spoiled, out _);
        }
    }

    [Fact]
    public void A_request_at_the_objective_counts_as_fast_and_one_above_does_not()
    {
        using var heard = new Heard("gateway.request.duration");

        Count(Line.Replace("total_ms=37", "total_ms=500", StringComparison.Ordinal));
        Count(Line.Replace("total_ms=37", "total_ms=501", StringComparison.Ordinal));

        Assert.Equal([0.5, 0.501], heard.Values);
        Assert.Contains(0.5, heard.Boundaries);
    }

    [Fact]
    public void Labels_are_bounded_whatever_a_line_says()
    {
        using var heard = new Heard("gateway.requests");

        for (int i = 0; i < 100; i++)
        {
            Count(Line.Replace("backend=notes", $"backend=b{i}", StringComparison.Ordinal).Replace("method=GET", $"method=M{i}", StringComparison.Ordinal));
        }

        Assert.InRange(heard.Tags.Distinct().Count(), 2, 17);
        Assert.All(heard.Tags, tags => Assert.Contains("method=other,code_class=2xx", tags, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_backend_has_its_series_before_its_first_request()
    {
        using Heard requests = new("gateway.requests"), durations = new("gateway.request.duration");

        _services.GetRequiredService<GatewayMetrics>().Introduce();

        Assert.All(requests.Values, value => Assert.Equal(0, value));
        Assert.All(
            (string[])["identity", "notes", "notifications", "monitoring"],
            backend =>
            {
                Assert.Contains(requests.Tags, tags => tags.Contains($"backend={backend},method=POST,code_class=5xx", StringComparison.Ordinal));
                Assert.Contains(durations.Tags, tags => tags.Contains($"backend={backend},method=none,code_class=none", StringComparison.Ordinal));
            });
    }

    [Fact]
    public void Lines_that_cannot_be_read_are_counted()
    {
        _services.GetRequiredService<GatewayMetrics>();
        using var heard = new Heard("gateway.log.unparsable");

        Count("nonsense");

        Assert.Equal([1.0], heard.Values);
    }

    [Fact]
    public void Counting_a_line_allocates_nothing()
    {
        var metrics = _services.GetRequiredService<GatewayMetrics>();
        byte[] line = Encoding.UTF8.GetBytes(Line);
        metrics.Count(line);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            metrics.Count(line);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string? Parse(string line) => GatewayLogLine.TryParse(Encoding.UTF8.GetBytes(line), out GatewayLogLine parsed) ? parsed.ToString() : null;

    private void Count(string line) => _services.GetRequiredService<GatewayMetrics>().Count(Encoding.UTF8.GetBytes(line));

    /// <summary>Listens to one instrument.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Heard(string instrument)
        {
            _listener.InstrumentPublished = (found, listener) =>
            {
                if (found.Name == instrument)
                {
                    Boundaries = (found as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? [];
                    listener.EnableMeasurementEvents(found);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Add(value, tags));
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Add(value, tags));
            _listener.Start();
        }

        public List<double> Values { get; } = [];

        public List<string> Tags { get; } = [];

        public IReadOnlyList<double> Boundaries { get; private set; } = [];

        public void Dispose() => _listener.Dispose();

        private void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Values.Add(value);
            Tags.Add(string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}")));
        }
    }
}
