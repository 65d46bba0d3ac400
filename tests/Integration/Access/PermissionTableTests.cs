using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Back2Code.Authentication;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Monitoring;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Access;

/// <summary>
/// Asks every endpoint of every service without a token and with one of each role, and compares with the table in docs/security.md. The table is
/// written by hand: a change of who may do what is made twice, or fails.
/// </summary>
public sealed partial class PermissionTableTests(SharedServers servers)
{
    private const string Undeclared = "UNDECLARED";

    /// <summary>Every service and how it is started for this; no request here needs a broker.</summary>
    private static readonly IReadOnlyDictionary<string, Func<SharedServers, string, Task<IServiceApplication>>> Services = new Dictionary<string, Func<SharedServers, string, Task<IServiceApplication>>>
    {
        ["identity"] = static async (servers, _) => await IdentityApplication.StartAsync(await DatabaseAsync(servers, "identity"), NotesApplication.NoRabbitMq, TestIdentity.Issuer),
        ["monitoring"] = static async (servers, folder) => await MonitoringApplication.StartAsync(await DatabaseAsync(servers, "monitoring"), folder),
        ["notes"] = static async (servers, _) => await NotesApplication.StartAsync(await DatabaseAsync(servers, "notes"), await servers.RedisAsync()),
        ["notifications"] = static async (servers, _) => await NotificationsApplication.StartAsync(await DatabaseAsync(servers, "notifications"), NotesApplication.NoRabbitMq),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_let_in_where_is_what_the_documentation_says()
    {
        var seen = new List<string>();
        foreach (var (name, start) in Services.OrderBy(service => service.Key, StringComparer.Ordinal))
        {
            using var folder = new SpoolFolder();
            await using var service = await start(servers, folder.Path);
            seen.AddRange(await AskAsync(name, service));
        }

        var documented = PermissionTable.Read();

        Assert.DoesNotContain(seen, row => row.Contains(Undeclared, StringComparison.Ordinal));
        Assert.True(
            seen.SequenceEqual(documented),
            $"{PermissionTable.File} and the services differ.\n"
            + $"Only documented:\n{string.Join('\n', documented.Except(seen))}\nOnly seen:\n{string.Join('\n', seen.Except(documented))}\n"
            + "Rows are sorted by service, then as below:\n" + string.Join('\n', seen));
    }

    private static async Task<IEnumerable<string>> AskAsync(string name, IServiceApplication service)
    {
        var rows = new List<(string Path, string Row)>();
        foreach (var endpoint in service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                var answers = new List<string>();
                foreach (var role in Roles.All.Prepend(null))
                {
                    answers.Add(await AskAsync(service, role, method, path, isOpen: endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null));
                }

                rows.Add((path, PermissionTable.Row(name, $"{method} {path}", NeedsOf(endpoint, answers), answers)));
            }
        }

        return rows.OrderBy(row => row.Path, StringComparer.Ordinal).ThenBy(row => row.Row, StringComparer.Ordinal).Select(row => row.Row);
    }

    /// <summary>The body is empty JSON: whoever is let in is told that it will not do, and nothing is changed.</summary>
    private static async Task<string> AskAsync(IServiceApplication service, string? role, string method, string path, bool isOpen)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Parameter().Replace(path, ValueOf));
        if (method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        using var client = role is null ? service.Anonymous() : service.AsUser("ada", role);
        using var response = await client.SendAsync(request, Cancellation);
        Assert.True((int)response.StatusCode is < 500 or 503, $"{method} {path} as {role ?? "nobody"} answered {(int)response.StatusCode}");
        if (response.StatusCode == HttpStatusCode.Forbidden)
        {
            if (isOpen)
            {
                // A form without the mark of its page: refused for what it is, whoever sends it.
                return "in";
            }

            Assert.Contains("insufficient_scope", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        return response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? $"{(int)response.StatusCode}" : "in";
    }

    private static string NeedsOf(RouteEndpoint endpoint, List<string> answers)
    {
        var permissions = endpoint.Metadata.GetOrderedMetadata<RequirePermissionAttribute>().Select(needed => needed.Permission).ToList();
        return endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null ? (answers.All(answer => answer == "401") ? "a secret of its own" : "nothing")
            : permissions.Count > 0 ? $"`{string.Join(' ', permissions)}`"
            : endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null ? "a token"
            : Undeclared;
    }

    private static string ValueOf(Match parameter) => parameter.Value switch
    {
        var text when text.Contains(":guid", StringComparison.Ordinal) => "0190163d-8694-739b-aea5-966c26f8ad91",
        var text when text.Contains(":int", StringComparison.Ordinal) => "1",
        "{documentName}" => "v1",
        _ => "unknown",
    };

    private static async Task<string> DatabaseAsync(SharedServers servers, string name) => await (await servers.PostgresAsync()).CreateDatabaseAsync(name);

    [GeneratedRegex(@"\{[^{}]+\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Parameter();
}
