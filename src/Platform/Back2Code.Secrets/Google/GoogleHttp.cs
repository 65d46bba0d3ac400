using System.Net;
using System.Text.Json;

namespace Back2Code.Secrets;

/// <summary>Calls that answer with JSON, bounded in size, time and attempts. No error repeats anything of an answer: it may be a secret.</summary>
internal sealed class GoogleHttp(SecretsOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Secret Manager's largest secret has 64 KiB, 88 KiB in base64.</summary>
    private const int LongestAnswer = 128 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LongestAnswer,
    };

    /// <param name="what">Who is asked, for the error.</param>
    /// <param name="request">Makes a request for each attempt.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    /// <exception cref="SecretException">No good answer.</exception>
    public async Task<JsonDocument> SendAsync(string what, Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var (answer, problem, wait) = await TryAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer is not null)
            {
                return answer;
            }

            if (wait is null || attempt >= options.GoogleAttempts)
            {
                throw new SecretException($"{what} {problem} (attempt {attempt} of {options.GoogleAttempts}).");
            }

            var backoff = options.GoogleBackoff * Math.Pow(2, attempt - 1);
            var pause = wait.Value > TimeSpan.Zero ? wait.Value : backoff;
            await Task.Delay(pause < LongestWait ? pause : LongestWait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <returns>The answer, or why there is none and whether to try again: null for no, zero for after the usual pause.</returns>
    private async Task<(JsonDocument? Answer, string Problem, TimeSpan? Wait)> TryAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.GoogleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = make();
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                bool again = response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
                return (null, $"answered {(int)response.StatusCode}{Meaning(response.StatusCode)}", again ? response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero : null);
            }

            return (JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false)), "", null);
        }
        catch (JsonException)
        {
            return (null, "answered with something that is not JSON", null);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return (null, $"answered with more than {LongestAnswer} bytes", null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, $"cannot be reached ({(e as HttpRequestException)?.HttpRequestError.ToString() ?? e.GetType().Name})", TimeSpan.Zero);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"did not answer within Secrets:GoogleTimeout ({options.GoogleTimeout.TotalMilliseconds} ms)", TimeSpan.Zero);
        }
    }

    private static string Meaning(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ": the access token is not accepted",
        HttpStatusCode.Forbidden => ": the account lacks secretmanager.versions.access for it",
        HttpStatusCode.NotFound => ": there is no such secret, or no version of it",
        _ => "",
    };
}
