using System.Net.Http.Headers;
using Back2Code.Chaos.Experiments.Providers;

namespace Back2Code.Chaos.Experiments;

/// <summary>Fetches a document that somebody else wrote: bounded in size, time and redirections.</summary>
internal static class BoundedDownload
{
    /// <exception cref="DownloadException">It cannot be had, or is too long.</exception>
    public static async Task<(string Text, string? MediaType)> GetAsync(string source, ExperimentSourceOptions options, long maxBytes, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(source, UriKind.Absolute, out var url))
        {
            throw new DownloadException("is not a URL");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.DownloadTimeout);
        using var handler = new SocketsHttpHandler { MaxAutomaticRedirections = 5 };
        if (!options.VerifyTls)
        {
#pragma warning disable CA5359 // Asked for with --no-verify-tls.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if ((options.Tokens.GetValueOrDefault(url.Authority) ?? options.Tokens.GetValueOrDefault(url.Host) ?? options.Token) is { Length: > 0 } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new DownloadException($"cannot be had: the server answered {(int)response.StatusCode}");
            }

            var text = await BoundedBody.ReadAsync(response.Content, (int)maxBytes + 1, deadline.Token);
            return System.Text.Encoding.UTF8.GetByteCount(text) <= maxBytes
                ? (text, response.Content.Headers.ContentType?.MediaType)
                : throw new DownloadException($"is longer than {maxBytes:N0} bytes");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadException($"cannot be had: not complete within {Seconds.Text(options.DownloadTimeout)} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or NotSupportedException or FormatException)
        {
            throw new DownloadException($"cannot be had: {e.Message}", e);
        }
    }

    /// <summary>The source as it may be shown.</summary>
    public static string WithoutCredentials(string source) =>
        Uri.TryCreate(source, UriKind.Absolute, out var url) && url.UserInfo.Length > 0 ? source.Replace(url.UserInfo + "@", "", StringComparison.Ordinal) : source;
}

/// <summary>A document could not be fetched. The message is the rest of a sentence that begins with its name.</summary>
internal sealed class DownloadException(string message, Exception? cause = null) : Exception(message, cause);
