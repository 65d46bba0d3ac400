namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <param name="Name">What it is, in words.</param>
/// <param name="Right">What the service must say.</param>
/// <param name="Write">The request as it goes over the wire.</param>
internal sealed record HostileRequest(string Name, Right Right, Func<HostileScene, Task<string>> Write)
{
    /// <summary>At the authorization endpoint: a request in order, but for these parameters, which stand as they are in the query; null leaves one out.</summary>
    public static HostileRequest Authorize(string name, Right right, params (string Name, string? Raw)[] changes) =>
        new(name, right, scene => Task.FromResult(RawHttp.Get("/oauth2/authorize?" + HostileScene.AuthorizeQuery(scene.Web, changes))));

    /// <summary>At the token endpoint, with the body as it is.</summary>
    public static HostileRequest Token(string name, Right right, Func<HostileScene, string> body, params string[] headers) =>
        new(name, right, scene => Task.FromResult(RawHttp.Form("/oauth2/token", body(scene), headers)));

    /// <summary>A code exchange that is in order, but for these parameters; null leaves one out.</summary>
    public static HostileRequest Exchange(string name, Right right, params (string Name, string? Raw)[] changes) =>
        new(name, right, async scene => RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, await scene.NewCodeAsync(scene.Web), changes)));
}
