using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Back2Code.Chaos.Proxy;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>The HTTP API as Toxiproxy's clients know it: paths, statuses, bodies, error texts.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task There_are_no_proxies_to_begin_with()
    {
        await using var proxy = await StartAsync();

        Assert.Empty(await proxy.Client.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Creating_a_proxy_answers_201_with_the_bound_address()
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies", """{"name":"a","listen":"localhost:0","upstream":"localhost:1"}""");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("a", body.GetProperty("name").GetString());
        Assert.Matches("^127\\.0\\.0\\.1:[1-9][0-9]*$", body.GetProperty("listen").GetString());
        Assert.Equal("localhost:1", body.GetProperty("upstream").GetString());
        Assert.True(body.GetProperty("enabled").GetBoolean());
        Assert.Equal(0, body.GetProperty("toxics").GetArrayLength());
    }

    [Theory]
    [InlineData("{}", 400, "missing required field: name")]
    [InlineData("""{"name":"a"}""", 400, "missing required field: upstream")]
    [InlineData("{", 400, "bad request body: ")]
    [InlineData("null", 400, "bad request body: ")]
    [InlineData("""{"name":"a","upstream":"localhost:1","listen":"nowhere"}""", 400, "bad request body: listen 'nowhere' is not an address")]
    [InlineData("""{"name":"a","upstream":"localhost"}""", 400, "bad request body: upstream 'localhost' is not an address")]
    [InlineData("""{"name":"a","upstream":"localhost:1","listen":"nohost.invalid:1"}""", 500, "lookup nohost.invalid: ")]
    [InlineData("""{"name":"a/b","upstream":"localhost:1"}""", 400, "bad request body: name must be at most 255 characters, without slashes")]
    [InlineData("""{"name":"..","upstream":"localhost:1"}""", 400, "bad request body: name must be")]
    [InlineData("""{"name":"a","upstream":"localhost:1","enabled":"yes"}""", 400, "bad request body: $.enabled")]
    [InlineData("""{"name":"a","upstream":"localhost:1","toxics":[{"type":"noop"},{"type":"gremlin"}]}""", 400, "invalid toxic type at toxic 2")]
    [InlineData("""{"name":"a","upstream":"localhost:1","toxics":[{"type":"noop"},{"type":"noop"}]}""", 409, "toxic already exists at toxic 2")]
    [InlineData("""{"name":"a","upstream":"localhost:1","toxics":[null]}""", 400, "bad request body: $.toxics[0] is null at toxic 1")]
    [InlineData("""{"name":"a","upstream":"localhost:1","listen":"127.0.0.1:99999"}""", 400, "bad request body: ")]
    [InlineData("""{"name":"a","upstream":"localhost:1","listen":"192.0.2.1:1"}""", 500, "listen tcp 192.0.2.1:1: ")]
    public async Task A_bad_proxy_is_refused_in_the_shape_of_toxiproxy(string request, int expected, string message)
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies", request);

        Assert.Equal(expected, (int)status);
        Assert.Equal(expected, body.GetProperty("status").GetInt32());
        Assert.StartsWith(message, body.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(await proxy.Client.ListAsync(Cancellation));
    }

    [Fact]
    public async Task A_second_proxy_of_the_same_name_is_a_conflict()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);

        var e = await Assert.ThrowsAsync<ToxiproxyException>(() => proxy.CreateLinkAsync(upstream));

        Assert.Equal(409, e.Status);
        Assert.EndsWith("proxy already exists", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_proxy_does_not_listen_until_enabled()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        string address = FreeAddress();
        await proxy.Client.CreateAsync(new ProxyDocument { Name = "link", Listen = address, Upstream = upstream.Address, Enabled = false }, Cancellation);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(address));

        await proxy.Client.SetEnabledAsync("link", true, Cancellation);

        using var socket = await ConnectAsync(address);
        await EchoAsync(socket, "hello");
    }

    [Fact]
    public async Task Disabling_closes_listener_and_connections_and_enabling_takes_the_same_port_again()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        var disabled = await proxy.Client.SetEnabledAsync("link", false, Cancellation);

        Assert.False(disabled.Enabled);
        Assert.Empty(await HearAllAsync(socket));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(link.Listen));
        Assert.Equal(1, (await proxy.StatisticsAsync()).Cut);

        var enabled = await proxy.Client.SetEnabledAsync("link", true, Cancellation);

        Assert.Equal(link.Listen, enabled.Listen);
        using var again = await ConnectAsync(link.Listen);
        await EchoAsync(again, "hello");
    }

    [Fact]
    public async Task Changing_the_upstream_drops_connections_and_leads_new_ones_there()
    {
        await using var first = new Upstream();
        await using var second = new Upstream(async socket => await socket.SendAsync("two"u8.ToArray()));
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(first);
        using var old = await ConnectAsync(link.Listen);
        await EchoAsync(old, "hello");

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies/link", $$"""{"upstream":"{{second.Address}}"}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(link.Listen, body.GetProperty("listen").GetString());
        Assert.Empty(await HearAllAsync(old));
        using var socket = await ConnectAsync(link.Listen);
        Assert.Equal("two", await HearAsync(socket, 3));
    }

    [Fact]
    public async Task An_update_that_changes_nothing_keeps_connections()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        await SendAsync(proxy, HttpMethod.Patch, "proxies/link", JsonSerializer.Serialize(link));

        await EchoAsync(socket, "still here");
    }

    [Fact]
    public async Task Deleting_a_proxy_frees_its_port()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);

        var (status, _) = await SendAsync(proxy, HttpMethod.Delete, "proxies/link", null);

        Assert.Equal(HttpStatusCode.NoContent, status);
        Assert.Null(await proxy.Client.FindAsync("link", Cancellation));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(link.Listen));
    }

    [Theory]
    [InlineData("GET", "proxies/none", "proxy not found")]
    [InlineData("PATCH", "proxies/none", "proxy not found")]
    [InlineData("DELETE", "proxies/none", "proxy not found")]
    [InlineData("GET", "proxies/none/toxics", "proxy not found")]
    [InlineData("GET", "proxies/none/connections", "proxy not found")]
    [InlineData("POST", "proxies/none/toxics", "proxy not found")]
    [InlineData("GET", "proxies/link/toxics/none", "toxic not found")]
    [InlineData("PATCH", "proxies/link/toxics/none", "toxic not found")]
    [InlineData("DELETE", "proxies/link/toxics/none", "toxic not found")]
    public async Task What_is_not_there_answers_404(string method, string path, string message)
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);

        var (status, body) = await SendAsync(proxy, new HttpMethod(method), path, method == "GET" || method == "DELETE" ? null : "{}");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(message, body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Populate_creates_all_and_keeps_what_is_there_as_asked()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        await proxy.AddAsync("latency");
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        var made = await proxy.Client.PopulateAsync(
            [link with { Toxics = [] }, new ProxyDocument { Name = "other", Listen = "127.0.0.1:0", Upstream = upstream.Address }], Cancellation);

        Assert.Equal(["link", "other"], made.Select(p => p.Name));
        Assert.Equal("latency_downstream", Assert.Single(made[0].Toxics).Name);
        await EchoAsync(socket, "still here");
    }

    [Fact]
    public async Task Populate_replaces_a_proxy_with_another_upstream()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync("link", "127.0.0.1:1");
        await proxy.AddAsync("latency");

        var made = await proxy.Client.PopulateAsync([link with { Upstream = upstream.Address, Toxics = [] }], Cancellation);

        Assert.Empty(Assert.Single(made).Toxics);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");
    }

    [Fact]
    public async Task Populate_checks_every_proxy_before_it_makes_one()
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(
            proxy, HttpMethod.Post, "populate", """[{"name":"one","listen":"127.0.0.1:0","upstream":"localhost:1"},{"name":""}]""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("missing required field: name at proxy 2", body.GetProperty("error").GetString());
        Assert.Empty(await proxy.Client.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Populate_again_replaces_a_proxy_whose_address_was_left_to_us()
    {
        const string Body = """[{"name":"on","upstream":"127.0.0.1:1"},{"name":"off","upstream":"127.0.0.1:1","enabled":false}]""";
        await using var proxy = await StartAsync();

        var first = await SendAsync(proxy, HttpMethod.Post, "populate", Body);
        var second = await SendAsync(proxy, HttpMethod.Post, "populate", Body);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.Status, second.Status));
        Assert.Equal(["off", "on"], (await proxy.Client.ListAsync(Cancellation)).Keys.Order());
    }

    [Fact]
    public async Task Populate_that_fails_half_way_says_what_it_made()
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(
            proxy,
            HttpMethod.Post,
            "populate",
            """[{"name":"one","listen":"127.0.0.1:0","upstream":"localhost:1"},{"name":"two","listen":"192.0.2.1:1","upstream":"localhost:1"}]""");

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.StartsWith("listen tcp 192.0.2.1:1", body.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("one", Assert.Single(body.GetProperty("proxies").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Reset_enables_every_proxy_and_removes_every_toxic()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        await proxy.AddAsync("latency", attributes: ("latency", 60_000));
        await proxy.Client.SetEnabledAsync("link", false, Cancellation);

        await proxy.Client.ResetAsync(Cancellation);

        var after = await proxy.Client.FindAsync("link", Cancellation);
        Assert.True(after!.Enabled);
        Assert.Empty(after.Toxics);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");
    }

    [Fact]
    public async Task A_toxic_gets_the_defaults_of_toxiproxy()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies/link/toxics", """{"type":"latency","attributes":{"latency":7}}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"attributes":{"latency":7,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}""",
            body.GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"latency"}""", 409, "toxic already exists")]
    [InlineData("""{"type":"latency","stream":"upstream","name":"latency_downstream"}""", 409, "toxic already exists")]
    [InlineData("""{"type":"gremlin"}""", 400, "invalid toxic type")]
    [InlineData("{}", 400, "invalid toxic type")]
    [InlineData("""{"type":"latency","stream":"sideways"}""", 400, "stream was invalid, can be either upstream or downstream")]
    [InlineData("""{"type":"latency","name":"b","toxicity":1.5}""", 400, "bad request body: toxicity must lie between 0 and 1")]
    [InlineData("""{"type":"latency","name":"b","attributes":{"latency":-1}}""", 400, "bad request body: attribute 'latency' must be a whole number")]
    [InlineData("""{"type":"latency","name":"b","attributes":{"latency":1.5}}""", 400, "bad request body: attribute 'latency' must be a whole number")]
    [InlineData("""{"type":"latency","name":"b","attributes":{"latency":"1"}}""", 400, "bad request body: attribute 'latency' must be a whole number")]
    [InlineData("""{"type":"http_status","attributes":{"status":99}}""", 400, "bad request body: attribute 'status' must be a whole number from 200 to 599")]
    [InlineData("""{"type":"slicer","attributes":{"average_size":10,"size_variation":10}}""", 400, "bad request body: attribute 'size_variation' must be less than 'average_size'")]
    [InlineData("""{"type":"slicer"}""", 400, "bad request body: attribute 'size_variation' must be less than 'average_size'")]
    [InlineData("""{"type":"http_status","attributes":{"path":7}}""", 400, "bad request body: attribute 'path' must be a text of at most 256 characters")]
    [InlineData("""{"type":"http_status","attributes":{"path":"a\nb"}}""", 400, "bad request body: attribute 'path' must be a text")]
    [InlineData("[]", 400, "bad request body: ")]
    public async Task A_bad_toxic_is_refused(string request, int expected, string message)
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);
        await proxy.AddAsync("latency");

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies/link/toxics", request);

        Assert.Equal(expected, (int)status);
        Assert.StartsWith(message, body.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Single((await proxy.Client.FindAsync("link", Cancellation))!.Toxics);
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("POST")]
    public async Task An_update_merges_attributes_and_keeps_type_name_and_stream(string method)
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);
        await proxy.AddAsync("latency", attributes: [("latency", 5), ("jitter", 2)]);

        var (status, body) = await SendAsync(
            proxy,
            new HttpMethod(method),
            "proxies/link/toxics/latency_downstream",
            """{"name":"x","type":"timeout","stream":"upstream","toxicity":0.5,"attributes":{"latency":9}}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"attributes":{"latency":9,"jitter":2},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":0.5}""",
            body.GetRawText());
    }

    [Fact]
    public async Task Toxics_are_listed_upstream_first_and_then_as_added()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        await proxy.CreateLinkAsync(upstream);
        await proxy.AddAsync("latency");
        await proxy.AddAsync("slicer", "upstream", 1, ("average_size", 10));
        await proxy.AddAsync("bandwidth");

        var toxics = await proxy.Http.GetFromJsonAsync<List<ToxicDocument>>("proxies/link/toxics", Cancellation);

        Assert.Equal(["slicer_upstream", "latency_downstream", "bandwidth_downstream"], toxics!.Select(t => t.Name));
    }

    [Fact]
    public async Task A_proxy_is_created_together_with_its_toxics()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();

        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 60)));

        Assert.Equal("latency_downstream", Assert.Single(link.Toxics).Name);
        using var socket = await ConnectAsync(link.Listen);
        Assert.InRange((await EchoAsync(socket, "hello")).TotalMilliseconds, 60, 5_000);
    }

    [Fact]
    public async Task Version_answers_json_with_its_charset()
    {
        await using var proxy = await StartAsync();

        using var response = await proxy.Http.GetAsync("version", Cancellation);

        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", await proxy.Client.GetVersionAsync(Cancellation));
        Assert.True(response.Headers.Contains("X-Toxiproxy-Request-Id"));
    }

    [Theory]
    [InlineData("GET", "nowhere", 404, "no such call: GET /nowhere")]
    [InlineData("DELETE", "proxies", 405, "no such call: DELETE /proxies")]
    public async Task A_call_that_does_not_exist_is_answered_with_a_message(string method, string path, int expected, string message)
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(proxy, new HttpMethod(method), path, null);

        Assert.Equal((expected, expected, message), ((int)status, body.GetProperty("status").GetInt32(), body.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_answered_with_503()
    {
        await using var proxy = await StartAsync(new ToxiproxyOptions { RequestTimeout = TimeSpan.FromMilliseconds(100) });
        using var socket = await ConnectAsync(proxy.Http.BaseAddress!.Authority);

        await SayAsync(socket, "POST /proxies HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
        string answer = await HearAsync(socket, "HTTP/1.1 503".Length);

        Assert.Equal("HTTP/1.1 503", answer);
    }

    [Fact]
    public async Task Without_the_flags_there_are_no_metrics()
    {
        await using var none = await StartAsync(new ToxiproxyOptions());
        await using var runtime = await StartAsync(new ToxiproxyOptions { RuntimeMetrics = true });

        using var response = await none.Http.GetAsync("metrics", Cancellation);
        string text = await runtime.Http.GetStringAsync("metrics", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("process_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("toxiproxy_proxy", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Browsers_are_turned_away()
    {
        await using var proxy = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "reset");
        request.Headers.UserAgent.ParseAdd("Mozilla/5.0");

        using var response = await proxy.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task A_body_beyond_one_megabyte_is_refused()
    {
        await using var proxy = await StartAsync();

        var (status, body) = await SendAsync(proxy, HttpMethod.Post, "proxies", new string(' ', 1_100_000) + "{}");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal(413, body.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Metrics_count_the_bytes_of_each_direction()
    {
        await using var upstream = new Upstream(async socket =>
        {
            await socket.ReceiveAsync(new byte[5]);
            await socket.SendAsync("hello, too"u8.ToArray());
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "hello");
        await HearAsync(socket, 10);

        string metrics = await proxy.Http.GetStringAsync("metrics", Cancellation);

        string labels = $"proxy=\"link\",listener=\"{link.Listen}\",upstream=\"{upstream.Address}\"";
        Assert.Contains($"toxiproxy_proxy_received_bytes_total{{direction=\"upstream\",{labels}}} 5\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"toxiproxy_proxy_sent_bytes_total{{direction=\"downstream\",{labels}}} 10\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"toxiproxy_proxy_connections_open{{{labels}}} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_connections_are_listed_with_their_toxics()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", "upstream"));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        var statistics = await proxy.StatisticsAsync();

        var connection = Assert.Single(statistics.Connections);
        Assert.Equal(socket.LocalEndPoint!.ToString(), connection.Client);
        Assert.Equal(["latency_upstream"], connection.Toxics);
        Assert.Equal((1, 1), (statistics.Opened, statistics.Open));
    }

    [Fact]
    public async Task A_configuration_file_is_populated_before_the_api_answers()
    {
        string config = Path.GetTempFileName();
        await File.WriteAllTextAsync(config, """[{"name":"a","listen":"127.0.0.1:0","upstream":"localhost:1"}]""", Cancellation);

        await using var proxy = await StartAsync(config: config);

        Assert.Equal(["a"], (await proxy.Client.ListAsync(Cancellation)).Keys);
        File.Delete(config);
    }

    [Fact]
    public async Task A_bad_configuration_file_is_named_in_the_error()
    {
        string config = Path.GetTempFileName();
        await File.WriteAllTextAsync(config, """[{"name":"a"}]""", Cancellation);

        var e = await Assert.ThrowsAsync<ToxiproxyException>(() => StartAsync(config: config));

        Assert.Equal($"{config}: missing required field: upstream at proxy 1", e.Message);
        File.Delete(config);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(ProxyUnderTest proxy, HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);

        // As curl -d sends it: the API must not insist on a JSON content type.
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await proxy.Http.SendAsync(request, Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        return (response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    private static string FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }
}
