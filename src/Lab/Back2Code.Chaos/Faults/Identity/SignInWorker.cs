using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>Names and passwords of somebody else's leak, tried at the sign-in page on a schedule that answers do not change. In a process of its own, until it is killed.</summary>
public static class SignInWorker
{
    /// <summary>The part of the loopback network that attacks come from: 127.0.1.0/24.</summary>
    internal const int Network = 1;

    public static async Task TryAsync(Uri gateway, int rate, int addresses, CancellationToken cancellationToken)
    {
        // As many as there are connections: who waits for answers sends no more.
        const int mostInFlight = 512;

        List<(SignInBrowser Browser, string FormToken)> places = [];
        for (var i = 0; i < addresses; i++)
        {
            var browser = new SignInBrowser(gateway, SignInBrowser.Place(Network, i));
            places.Add((browser, await browser.OpenFormAsync(target: null, cancellationToken)));
        }

        // One line of attempts for each place in flight: every attempt has somebody who waits for it, and ends before the worker does.
        var start = Stopwatch.GetTimestamp();
        var sent = -1;
        await Task.WhenAll(Enumerable.Range(0, mostInFlight).Select(async _ =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref sent);
                var ahead = TimeSpan.FromSeconds((double)number / rate) - Stopwatch.GetElapsedTime(start);
                if (ahead > TimeSpan.FromMilliseconds(1))
                {
                    await Task.Delay(ahead, cancellationToken);
                }

                var (browser, formToken) = places[number % places.Count];
                await TryOnceAsync(browser, formToken, number, cancellationToken);
            }
        }));
    }

    private static async Task TryOnceAsync(SignInBrowser browser, string formToken, int number, CancellationToken cancellationToken)
    {
        try
        {
            await browser.SendAsync(formToken, string.Create(CultureInfo.InvariantCulture, $"leaked.{number}"), RandomNumberGenerator.GetHexString(16), target: null, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Refused, late or cut off: the next one is due anyway.
        }
    }
}
