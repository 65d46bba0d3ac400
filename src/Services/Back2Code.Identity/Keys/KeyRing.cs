using System.Collections.Frozen;
using System.Text;

namespace Back2Code.Identity;

/// <summary>The keys as the database had them at one moment. Immutable.</summary>
internal sealed class KeyRing
{
    private readonly FrozenDictionary<string, SigningKey> _published;

    /// <param name="active">The key that signs, with its private part.</param>
    /// <param name="published">All keys whose signatures are good: retired a while ago, active, and next.</param>
    public KeyRing(SigningKey active, IReadOnlyCollection<SigningKey> published)
    {
        Active = active;
        _published = published.ToFrozenDictionary(static key => key.Id, StringComparer.Ordinal);
        JsonWebKeySet = Encoding.ASCII.GetBytes($$"""{"keys":[{{string.Join(',', published.Select(static key => key.JsonWebKey))}}]}""");
    }

    public SigningKey Active { get; }

    /// <summary>The public keys (RFC 7517).</summary>
    public byte[] JsonWebKeySet { get; }

    public int Count => _published.Count;

    public SigningKey? Find(string id) => _published.GetValueOrDefault(id);
}
