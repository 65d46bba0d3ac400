using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>Asks a Prometheus that still runs the questions of a report once more. It keeps its samples for some hours; what it has forgotten cannot be asked.</summary>
public static class PrometheusRecheck
{
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public static async Task<IReadOnlyList<CheckedFigure>> AskAgainAsync(string folder, HttpClient http, CancellationToken cancellationToken)
    {
        IReadOnlyList<PrometheusAnswer> answers;
        try
        {
            answers = (await ProofFiles.ReadAsync(folder, cancellationToken)).Evidence.Prometheus;
        }
        catch (NotAReportException)
        {
            return [];
        }

        var checks = new List<CheckedFigure>();
        foreach (var answer in answers)
        {
            var document = await http.GetFromJsonAsync<JsonElement>(new Uri(answer.Url, UriKind.Relative), cancellationToken);
            var now = answer with { Result = document.GetProperty("data").GetProperty("result").Clone() };
            var (then, again) = (Samples(answer), Samples(now));
            var forgotten = then.Count > 0 && again.Count == 0;
            checks.Add(new CheckedFigure(
                $"Prometheus: {answer.Name}",
                FormattableString.Invariant($"{then.Count} values"),
                FormattableString.Invariant($"{again.Count} values"),
                forgotten ? "it has nothing of that time any more" : "asked again",
                forgotten ? CheckOutcome.NotChecked : then.SetEquals(again) ? CheckOutcome.Agrees : CheckOutcome.Differs));
        }

        return checks;
    }

    /// <summary>Label set, time and value of every sample. The time of an instant's answer is the time of asking, so it is left out.</summary>
    private static HashSet<string> Samples(PrometheusAnswer answer)
    {
        var samples = new HashSet<string>(StringComparer.Ordinal);
        foreach (var series in answer.Result.EnumerateArray())
        {
            var labels = string.Join(',', series.GetProperty("metric").EnumerateObject().Select(l => $"{l.Name}={l.Value.GetString()}").Order(StringComparer.Ordinal));
            if (series.TryGetProperty("value", out var single))
            {
                samples.Add($"{labels} {single[1].GetString()}");
            }
            else
            {
                samples.UnionWith(series.GetProperty("values").EnumerateArray().Select(point => $"{labels} {point[0].GetRawText()} {point[1].GetString()}"));
            }
        }

        return samples;
    }
}
