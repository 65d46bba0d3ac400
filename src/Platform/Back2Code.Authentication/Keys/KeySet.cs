using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;

namespace Back2Code.Authentication;

/// <summary>The ES256 keys of a JWKS document (RFC 7517), by key id. Immutable.</summary>
internal sealed class KeySet
{
    /// <summary>A set of a hundred keys is about 20 KB; more is a mistake or an attack.</summary>
    public const int MaxBytes = 256 * 1024;

    private readonly FrozenDictionary<string, VerificationKey> _keys;

    private KeySet(IEnumerable<KeyValuePair<string, VerificationKey>> keys) => _keys = keys.ToFrozenDictionary(StringComparer.Ordinal);

    public int Count => _keys.Count;

    public VerificationKey? Find(string keyId) => _keys.GetValueOrDefault(keyId);

    /// <summary>These keys and those of another set whose ids are not taken here.</summary>
    public KeySet With(KeySet others) => new(_keys.Concat(others._keys.Where(key => !_keys.ContainsKey(key.Key))));

    /// <summary>Reads a document. Keys for other purposes are skipped, as RFC 7517 section 5 asks; a broken ES256 key is an error.</summary>
    /// <exception cref="InvalidDataException">Not a key set, or a key in it is malformed, private, or named twice.</exception>
    public static KeySet Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new InvalidDataException($"The key set has {utf8.Length} bytes; at most {MaxBytes} are read.");
        }

        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            throw new InvalidDataException("The key set is not a JSON object, or has a member twice.");
        }

        using (document)
        {
            if (!document.RootElement.TryGetProperty("keys", out var array) || array.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException("The key set has no array 'keys'.");
            }

            var keys = new Dictionary<string, VerificationKey>(StringComparer.Ordinal);
            foreach (var jwk in array.EnumerateArray())
            {
                if (jwk.ValueKind != JsonValueKind.Object)
                {
                    throw new InvalidDataException("A member of 'keys' is not an object.");
                }

                if (IsForEs256(jwk) && !keys.TryAdd(Import(jwk, out var key), key))
                {
                    throw new InvalidDataException($"Key id '{key.Id}' stands twice in the key set.");
                }
            }

            return new KeySet(keys);
        }
    }

    private static bool IsForEs256(JsonElement jwk) =>
        StrictJson.Text(jwk, "kty") == "EC" && StrictJson.Text(jwk, "crv") == "P-256"
        && (!jwk.TryGetProperty("use", out _) || StrictJson.Text(jwk, "use") == "sig")
        && (!jwk.TryGetProperty("alg", out _) || StrictJson.Text(jwk, "alg") == "ES256")
        && (!jwk.TryGetProperty("key_ops", out var operations) || Lists(operations, "verify"));

    private static bool Lists(JsonElement array, string value) =>
        array.ValueKind == JsonValueKind.Array && array.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(value));

    private static string Import(JsonElement jwk, out VerificationKey key)
    {
        if (StrictJson.Text(jwk, "kid") is not { Length: > 0 and <= 256 } id)
        {
            throw new InvalidDataException("A key has no 'kid'.");
        }

        if (jwk.TryGetProperty("d", out _))
        {
            // Whoever can read this file can sign. Refusing to use it makes the leak visible.
            throw new InvalidDataException($"Key '{id}' is a private key; a key set for verification holds public keys only.");
        }

        if (!StrictBase64Url.TryDecode(StrictJson.Text(jwk, "x"), out var x) || x.Length != 32
            || !StrictBase64Url.TryDecode(StrictJson.Text(jwk, "y"), out var y) || y.Length != 32)
        {
            throw new InvalidDataException($"Key '{id}': x and y must be 32 bytes in base64url.");
        }

        try
        {
            key = VerificationKey.Create(id, x, y);
            return id;
        }
        catch (CryptographicException exception)
        {
            throw new InvalidDataException($"Key '{id}' is not a point on P-256.", exception);
        }
    }
}
