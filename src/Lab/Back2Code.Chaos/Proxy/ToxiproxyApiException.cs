namespace Back2Code.Chaos.Proxy;

/// <summary>A request to the proxy's API that cannot be met, with the status and text its client gets. The texts are Toxiproxy's: clients match them.</summary>
#pragma warning disable CA1032 // Carries a status always; never built without one.
internal sealed class ToxiproxyApiException(int status, string message) : Exception(message)
#pragma warning restore CA1032
{
    public int Status => status;

    /// <summary>The same, with the place added.</summary>
    public ToxiproxyApiException At(string where) => new(status, Message + where);

    public static ToxiproxyApiException BadBody(string reason) => new(400, "bad request body: " + reason);

    public static ToxiproxyApiException MissingField(string field) => new(400, "missing required field: " + field);

    public static ToxiproxyApiException ProxyNotFound() => new(404, "proxy not found");

    public static ToxiproxyApiException ProxyAlreadyExists() => new(409, "proxy already exists");

    public static ToxiproxyApiException InvalidStream() => new(400, "stream was invalid, can be either upstream or downstream");

    public static ToxiproxyApiException InvalidToxicType() => new(400, "invalid toxic type");

    public static ToxiproxyApiException ToxicAlreadyExists() => new(409, "toxic already exists");

    public static ToxiproxyApiException ToxicNotFound() => new(404, "toxic not found");
}
