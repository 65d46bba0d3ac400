using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Back2Code.Identity;

/// <summary>JWS compact form (RFC 7515) with ES256, for the tokens that this service signs.</summary>
internal static class Jwt
{
    public const string AccessTokenType = "at+jwt";
    public const string IdTokenType = "JWT";

    private const int Longest = 8 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    public static string Sign(SigningKey key, string type, IReadOnlyDictionary<string, object> claims)
    {
        string header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"ES256","typ":"{{type}}","kid":"{{key.Id}}"}"""));
        string signed = $"{header}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>Takes a token apart, and believes nothing of it yet.</summary>
    public static bool TrySplit(string token, [NotNullWhen(true)] out UnverifiedJwt? jwt)
    {
        jwt = null;
        string[] parts = token.Length > Longest ? [] : token.Split('.');
        if (parts.Length != 3 || !TryDecode(parts[0], out byte[]? header) || !TryDecode(parts[1], out byte[]? payload) || !TryDecode(parts[2], out byte[]? signature))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(header, Strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.TryGetProperty("crit", out _)
                || Text(root, "alg") != "ES256" || Text(root, "typ") is not { } type || Text(root, "kid") is not { } keyId)
            {
                return false;
            }

            jwt = new(type, keyId, token[..token.LastIndexOf('.')], payload, signature);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The claims of a token whose signature was found good.</summary>
    public static JsonElement Claims(UnverifiedJwt jwt)
    {
        using var document = JsonDocument.Parse(jwt.Payload, Strict);
        return document.RootElement.Clone();
    }

    public static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!Base64Url.IsValid(text))
        {
            return false;
        }

        try
        {
            bytes = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return false;
        }

        // One spelling for one token: without white space or padding, and no stray bits at the end.
        return Base64Url.EncodeToString(bytes) == text;
    }
}

/// <param name="Type">typ of its header.</param>
/// <param name="Signed">The text that the signature is over.</param>
internal sealed record UnverifiedJwt(string Type, string KeyId, string Signed, byte[] Payload, byte[] Signature);
