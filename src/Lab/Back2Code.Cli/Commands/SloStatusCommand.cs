using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>How the error budgets of a running platform stand, asked of its gateway as anybody would.</summary>
internal static class SloStatusCommand
{
    /// <summary>What init scripts answer for "program is not running".</summary>
    private const int NotRunning = 3;
    private const int Failed = 1;

    public static Command Create()
    {
        var state = LabOptions.State();
        var json = LabOptions.Json();
        var failOn = new Option<string?>("--fail-on")
        {
            Description = "Exit 1 when a budget is in this state or a worse one. A budget whose state is not known, or whose figures are old, counts as worse than any: a gate must not open without evidence.",
            HelpName = "warning|critical",
        };
        failOn.AcceptOnlyFromAmong("warning", "critical");
        var command = new Command("status", """
            Show every error budget of the running platform: what is left, how fast it burns, when it is gone, how much of the period has data.
            Exits 3 when no platform runs, 1 when the budgets cannot be told, else 0 (see --fail-on).

            Examples:
              back2code slo status
              back2code slo status --fail-on critical && deploy
              back2code slo status --json | jq '.items[] | select(.state != "ok")'
            """)
        {
            state, json, failOn,
        };
        command.SetAction((parsed, cancellationToken) =>
            ShowAsync(LabOptions.Read(parsed, state), parsed.GetValue(json), parsed.GetValue(failOn), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    /// <summary>Whether a gate must stay shut.</summary>
    internal static bool Fails(IReadOnlyList<SloStatusLine> slos, string? failOn) => failOn is not null
        && (slos.Count == 0 || slos.Any(s => s.Stale || Rank(s.State) >= Rank(failOn)));

    private static async Task<int> ShowAsync(PlatformOptions options, bool json, string? failOn, InvocationConfiguration streams, CancellationToken cancellationToken)
    {
        using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken);
        if (client is null)
        {
            await streams.Error.WriteLineAsync($"No platform runs on {options.EffectiveStateDirectory}. Start one with `back2code up`.");
            return NotRunning;
        }

        var gateway = (await client.GetStatusAsync(cancellationToken)).Endpoints.Gateway ?? throw new LabException("The platform has no gateway.");
        var (status, body) = await AskAsync(gateway, Platform.CreateToken(options, "operator", TimeSpan.FromMinutes(5), Roles.Viewer), cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            await streams.Error.WriteLineAsync($"The budgets cannot be told ({(int)status}): {DetailOf(body)}");
            return Failed;
        }

        var document = JsonSerializer.Deserialize<SloStatusDocument>(body, JsonSerializerOptions.Web) ?? throw new LabException("The gateway's answer is empty.");
        if (json)
        {
            await streams.Output.WriteLineAsync(body);
        }
        else
        {
            SloStatusTable.Print(document, streams.Output);
        }

        return Fails(document.Items, failOn) ? Failed : 0;
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(string gateway, string token, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await http.GetAsync(new Uri($"{gateway}/v1/slos"), cancellationToken);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException e)
        {
            throw new LabException($"The gateway does not answer: {e.Message}", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException("The gateway did not answer within 10 s.");
        }
    }

    private static string DetailOf(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.TryGetProperty("detail", out var detail) ? detail.ToString() : body;
        }
        catch (JsonException)
        {
            return body;
        }
    }

    private static int Rank(string state) => state switch
    {
        "ok" => 0,
        "warning" => 1,
        "critical" => 2,
        _ => 3,
    };
}

/// <summary>The document of <c>/v1/slos</c>, as far as it is shown.</summary>
internal sealed record SloStatusDocument(IReadOnlyList<SloStatusLine> Items, string? Note);

internal sealed record SloStatusLine(
    string Name, string Service, decimal Objective, string Period, string State, double? Remaining, double? BurnRate, double? TimeToExhaustionSeconds, double? Coverage, double? Events, bool Stale);
