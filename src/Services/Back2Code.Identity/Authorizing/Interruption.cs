using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Identity;

/// <summary>
/// An authorization request that waits while its user signs in. It travels through the browser as the address to go on at, with a mark of when it began, so
/// that a client that asked for a new sign-in gets one, once. The mark is signed: its user could otherwise claim a sign-in that never was.
/// </summary>
internal sealed class Interruption(KeyEncryption encryption, TimeProvider time)
{
    private const string Mark = "b2c_began";
    private const int Longest = 8_000;

    private readonly byte[] _key = encryption.Derive("authorization request");

    /// <summary>The address, on this server, at which the request goes on.</summary>
    public string Resume(OAuthParameters parameters)
    {
        var request = parameters.All.Where(static pair => pair.Key != Mark).OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        var began = Began(parameters) ?? time.GetStorableNow();
        string moment = began.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return QueryHelpers.AddQueryString(
            Routes.Authorize, request.Append(new(Mark, $"{moment}.{Sign(request, moment)}")).Select(static pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value)));
    }

    /// <summary>When the request was interrupted; null when it never was.</summary>
    public DateTimeOffset? Began(OAuthParameters parameters)
    {
        if (parameters[Mark] is not { } mark || mark.Split('.') is not [var moment, var signature]
            || !long.TryParse(moment, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds))
        {
            return null;
        }

        var request = parameters.All.Where(static pair => pair.Key != Mark).OrderBy(static pair => pair.Key, StringComparer.Ordinal);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Sign(request, moment)))
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
    }

    /// <summary>Whether an address is one to go on at: this server's authorization endpoint or its page for devices, and nothing else.</summary>
    public static bool IsOurs(string? address) =>
        address is { Length: <= Longest }
        && address.All(static c => c is > ' ' and <= '~' and not '\\')
        && (address == Routes.Device || address.StartsWith(Routes.Device + "?", StringComparison.Ordinal) || address.StartsWith(Routes.Authorize + "?", StringComparison.Ordinal));

    /// <summary>The parameters of the request that goes on at an address; null when it is no such address.</summary>
    public static OAuthParameters? Read(string? address) =>
        IsOurs(address) && address!.StartsWith(Routes.Authorize + "?", StringComparison.Ordinal)
        && OAuthParameters.TryCreate(QueryHelpers.ParseQuery(address[(Routes.Authorize.Length + 1)..]), out var parameters)
            ? parameters
            : null;

    private string Sign(IEnumerable<KeyValuePair<string, string>> request, string moment)
    {
        // Each part behind its length: no two requests have one text.
        StringBuilder text = new(moment);
        foreach (var (name, value) in request)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{name.Length}:{name}{value.Length}:{value}");
        }

        return Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text.ToString())));
    }
}
