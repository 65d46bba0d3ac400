using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.Chaos.Proxy;

/// <summary>Toxiproxy's HTTP API over a <see cref="ProxyCollection"/>, and one endpoint of our own: <c>/proxies/{proxy}/connections</c>.</summary>
internal static class ToxiproxyEndpoints
{
    /// <summary>How bodies are read: a number in quotes is not one.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { MaxDepth = 16, NumberHandling = JsonNumberHandling.Strict };
    private static readonly string[] PatchOrPost = ["PATCH", "POST"];

    public static void MapToxiproxy(this IEndpointRouteBuilder routes, ToxiproxyOptions options)
    {
        routes.MapGet("/proxies", ListProxies);
        routes.MapPost("/proxies", CreateProxy);
        routes.MapPost("/populate", Populate);
        routes.MapGet("/proxies/{proxy}", GetProxy);
        routes.MapMethods("/proxies/{proxy}", PatchOrPost, UpdateProxy);
        routes.MapDelete("/proxies/{proxy}", DeleteProxy);
        routes.MapGet("/proxies/{proxy}/connections", GetStatistics);
        routes.MapGet("/proxies/{proxy}/toxics", ListToxics);
        routes.MapPost("/proxies/{proxy}/toxics", CreateToxic);
        routes.MapGet("/proxies/{proxy}/toxics/{toxic}", GetToxic);
        routes.MapMethods("/proxies/{proxy}/toxics/{toxic}", PatchOrPost, UpdateToxic);
        routes.MapDelete("/proxies/{proxy}/toxics/{toxic}", DeleteToxic);
        routes.MapPost("/reset", Reset);
        routes.MapGet("/version", () => TypedResults.Json(new { version = ToxiproxyServer.Version }, contentType: "application/json;charset=utf-8"));
        if (options.ProxyMetrics || options.RuntimeMetrics)
        {
            routes.MapGet("/metrics", (ProxyCollection proxies) => TypedResults.Text(
                (options.ProxyMetrics ? ToxiproxyMetrics.Write(proxies.All()) : "") + (options.RuntimeMetrics ? RuntimeMetrics.Write() : ""),
                "text/plain; version=0.0.4"));
        }
    }

    private static Ok<Dictionary<string, ProxyDocument>> ListProxies(ProxyCollection proxies) =>
        TypedResults.Ok(proxies.All().ToDictionary(p => p.Name, ToDocument));

    private static async Task<Created<ProxyDocument>> CreateProxy(HttpRequest request, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        var proxy = await proxies.AddAsync(await ReadAsync<ProxyRequest>(request, cancellationToken), cancellationToken);
        return TypedResults.Created((string?)null, ToDocument(proxy));
    }

    private static async Task<IResult> Populate(HttpRequest request, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        var (made, failure) = await proxies.PopulateAsync(await ReadAsync<List<ProxyRequest?>>(request, cancellationToken), cancellationToken);
        var documents = made.Select(ToDocument).ToList();
        return failure is null
            ? TypedResults.Json(new { proxies = documents }, statusCode: StatusCodes.Status201Created)
            : TypedResults.Json(
                new { error = failure.Message, status = ToxiproxyServer.StatusOf(failure), proxies = documents },
                statusCode: ToxiproxyServer.StatusOf(failure));
    }

    private static Ok<ProxyDocument> GetProxy(string proxy, ProxyCollection proxies) => TypedResults.Ok(ToDocument(proxies.Get(proxy)));

    private static async Task<Ok<ProxyDocument>> UpdateProxy(string proxy, HttpRequest request, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        var present = proxies.Get(proxy);
        var change = await ReadAsync<ProxyRequest>(request, cancellationToken);
        change.CheckAddresses();
        await present.UpdateAsync(NullIfEmpty(change.Listen), NullIfEmpty(change.Upstream), change.Enabled, cancellationToken);
        return TypedResults.Ok(ToDocument(present));
    }

    private static async Task<NoContent> DeleteProxy(string proxy, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        await proxies.RemoveAsync(proxy, cancellationToken);
        return TypedResults.NoContent();
    }

    private static Ok<ProxyStatisticsDocument> GetStatistics(string proxy, ProxyCollection proxies)
    {
        var present = proxies.Get(proxy);
        return TypedResults.Ok(new ProxyStatisticsDocument
        {
            Proxy = present.Name,
            Opened = present.Connections.Opened,
            Open = present.OpenConnections,
            Refused = present.Connections.Refused,
            Reset = present.Connections.Reset,
            Cut = present.Connections.Cut,
            Upstream = present.Upstream.ToDocument(),
            Downstream = present.Downstream.ToDocument(),
            Toxics = [.. present.GetToxics().Select(t => t.Counters.ToDocument(t.Name))],
            Connections = present.GetConnections(),
        });
    }

    private static Ok<List<ToxicDocument>> ListToxics(string proxy, ProxyCollection proxies) =>
        TypedResults.Ok(proxies.Get(proxy).GetToxics().Select(t => t.ToDocument()).ToList());

    // 200 and not 201, as Toxiproxy answers here.
    private static async Task<Ok<ToxicDocument>> CreateToxic(string proxy, HttpRequest request, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        var present = proxies.Get(proxy);
        return TypedResults.Ok(present.AddToxic(await ReadAsync<ToxicRequest>(request, cancellationToken)).ToDocument());
    }

    private static Ok<ToxicDocument> GetToxic(string proxy, string toxic, ProxyCollection proxies) =>
        TypedResults.Ok(proxies.Get(proxy).GetToxic(toxic).ToDocument());

    private static async Task<Ok<ToxicDocument>> UpdateToxic(
        string proxy, string toxic, HttpRequest request, ProxyCollection proxies, CancellationToken cancellationToken)
    {
        var present = proxies.Get(proxy);
        present.GetToxic(toxic);
        return TypedResults.Ok(present.UpdateToxic(toxic, await ReadAsync<ToxicRequest>(request, cancellationToken)).ToDocument());
    }

    private static NoContent DeleteToxic(string proxy, string toxic, ProxyCollection proxies)
    {
        proxies.Get(proxy).RemoveToxic(toxic);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Reset(ProxyCollection proxies, CancellationToken cancellationToken)
    {
        foreach (var proxy in proxies.All())
        {
            await proxy.UpdateAsync(null, null, enabled: true, cancellationToken);
            proxy.RemoveAllToxics();
        }

        return TypedResults.NoContent();
    }

    private static ProxyDocument ToDocument(FaultProxy proxy) => new()
    {
        Name = proxy.Name,
        Listen = proxy.Listen,
        Upstream = proxy.UpstreamAddress,
        Enabled = proxy.Enabled,
        Toxics = [.. proxy.GetToxics().Select(t => t.ToDocument())],
    };

    // Clients of Toxiproxy do not all send a content type, so the body is read whatever it says.
    private static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Json, cancellationToken)
                ?? throw ToxiproxyApiException.BadBody("$ is null");
        }
        catch (JsonException e)
        {
            throw ToxiproxyApiException.BadBody(Describe(e));
        }
    }

    /// <summary>Where a body is wrong, without the names of our types.</summary>
    public static string Describe(JsonException e) =>
        e.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
        ? $"{e.Path} has the wrong type (line {e.LineNumber + 1}, byte {e.BytePositionInLine})"
        : e.Message;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
