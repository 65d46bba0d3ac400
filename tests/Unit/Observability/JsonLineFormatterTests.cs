using System.Diagnostics;
using System.Text.Json;
using Back2Code.Observability;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Observability;

public sealed class JsonLineFormatterTests
{
    private static readonly ServiceIdentity Service = new("notes", "notes-1", "1");

    [Fact]
    public void A_record_is_one_line_with_who_when_and_what()
    {
        var line = Write(LogLevel.Warning, new EventId(2101, "CircuitOpened"), [new("Circuit", "db"), new("BreakMs", 1000.5), new("{OriginalFormat}", "Circuit {Circuit}")], "Circuit db opened");

        Assert.Equal("2026-01-01T00:00:00.000000Z", line.GetProperty("timestamp").GetString());
        Assert.Equal(("warning", 2101, "CircuitOpened"), (line.GetProperty("level").GetString(), line.GetProperty("eventId").GetInt32(), line.GetProperty("event").GetString()));
        Assert.Equal(("Circuit db opened", "notes", "notes-1"), (line.GetProperty("message").GetString(), line.GetProperty("service").GetString(), line.GetProperty("instance").GetString()));
        Assert.Equal("""{"Circuit":"db","BreakMs":1000.5}""", line.GetProperty("attributes").GetRawText());
        Assert.False(line.TryGetProperty("traceId", out _));
    }

    [Fact]
    public void The_current_trace_is_named()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        var line = Write(LogLevel.Information, 1, [], "hello");

        Assert.Equal((activity.TraceId.ToString(), activity.SpanId.ToString()), (line.GetProperty("traceId").GetString(), line.GetProperty("spanId").GetString()));
    }

    [Fact]
    public void An_exception_stands_in_the_line_once_with_its_stack()
    {
        Exception thrown;
        try
        {
            throw new InvalidOperationException("boom");
        }
        catch (InvalidOperationException exception)
        {
            thrown = exception;
        }

        var text = WriteText(LogLevel.Error, 1, [], "failed", thrown);

        Assert.Equal(2, text.Split("boom").Length);
        Assert.Contains(nameof(An_exception_stands_in_the_line_once_with_its_stack), JsonDocument.Parse(text).RootElement.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two\nlines\r\n{\"level\":\"fake\"}")]
    [InlineData("quotes \" and \\ and \u0001 and é and 😀")]
    [InlineData("half a pair \ud800 here")]
    public void Nothing_in_a_message_breaks_the_line(string message)
    {
        var text = WriteText(LogLevel.Information, 1, [new("Value", message)], message, null);

        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        Assert.Equal(message.Replace('\ud800', char.IsSurrogatePair(message, Math.Max(0, message.IndexOf('\ud800', StringComparison.Ordinal))) ? '\ud800' : '\ufffd'), JsonDocument.Parse(text).RootElement.GetProperty("message").GetString());
    }

    private static JsonElement Write(LogLevel level, EventId id, KeyValuePair<string, object?>[] state, string message) =>
        JsonDocument.Parse(WriteText(level, id, state, message, null)).RootElement;

    private static string WriteText(LogLevel level, EventId id, KeyValuePair<string, object?>[] state, string message, Exception? exception)
    {
        using var writer = new StringWriter();
        new JsonLineFormatter(Service, new ManualTime()).Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "Test", id, state, exception, (_, _) => message), null, writer);
        return writer.ToString();
    }
}
