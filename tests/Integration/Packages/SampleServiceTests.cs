using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using Back2Code.Authentication.Signing;

namespace Back2Code.IntegrationTests.Packages;

/// <summary>A service of somebody else, with the packed library and nothing else of this repository.</summary>
public sealed class SampleServiceTests(PackedLibrary library) : IClassFixture<PackedLibrary>, IAsyncLifetime
{
    private const string Issuer = "http://issuer.test";
    private const string Audience = "samples";
    private const string Listening = "Now listening on: ";

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-sample-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private TokenSigner _signer = null!;
    private Process _process = null!;
    private Task _rest = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var jwks = Path.Combine(_folder, "jwks.json");
        _signer = TokenSigner.LoadOrCreate(Path.Combine(_folder, "key.pem"), jwks);
        _process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                library.Program, "--urls", "http://127.0.0.1:0", "--Authentication:Issuer", Issuer, "--Authentication:Audience", Audience,
                "--Authentication:JwksPath", jwks, "--Logging:LogLevel:Default", "Information",
            ]) { RedirectStandardOutput = true, WorkingDirectory = _folder })!;
        try
        {
            _http.BaseAddress = new Uri(await AddressAsync());
            // Nobody reads on, and a full pipe would stop it.
            _rest = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        }
        catch
        {
            // A test class that could not be set up is not disposed.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _http.Dispose();
            _signer?.Dispose();
            if (_process is not null)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
                await _rest;
                _process.Dispose();
            }
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task It_lets_in_whom_the_token_allows_and_tells_the_others_what_they_lack()
    {
        var reader = Token("greetings:read");
        var everybody = Token("openid greetings:*");
        using var other = TokenSigner.CreateInMemory();
        var forged = other.Sign("ada", TimeSpan.FromMinutes(5), Issuer, Audience, TimeProvider.System, "*");

        using var hello = await SendAsync(HttpMethod.Get, reader);
        using var refused = await SendAsync(HttpMethod.Post, reader);
        using var written = await SendAsync(HttpMethod.Post, everybody);
        using var nobody = await SendAsync(HttpMethod.Get, null);
        using var bad = await SendAsync(HttpMethod.Get, forged);

        Assert.Equal("Hello ada", await hello.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("""{"by":"ada","through":"back2code"}""", await written.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(
            (HttpStatusCode.Forbidden, "Bearer error=\"insufficient_scope\", scope=\"greetings:write\""), (refused.StatusCode, refused.Headers.WwwAuthenticate.ToString()));
        var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.Equal(
            ("urn:back2code:problem:forbidden", "greetings:write"), (problem.GetProperty("type").GetString(), problem.GetProperty("permissions")[0].GetString()));
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (nobody.StatusCode, nobody.Headers.WwwAuthenticate.ToString()));
        Assert.Equal(HttpStatusCode.Unauthorized, bad.StatusCode);
        Assert.Contains("error=\"invalid_token\"", bad.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_keys_it_answers_503_by_itself()
    {
        File.Delete(Path.Combine(_folder, "jwks.json"));

        using var response = await SendAsync(HttpMethod.Get, Token("greetings:read"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (response.StatusCode, response.Headers.RetryAfter?.Delta));
    }

    [Fact]
    public void Each_package_has_its_documentation_and_only_its_own_assembly_for_any_processor()
    {
        var packages = Directory.GetFiles(library.Feed).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(["Back2Code.Authentication", "Back2Code.Resilience"], packages.Select(path => Path.GetFileName(path).Split(".0.1.0")[0]));
        Assert.All(packages, path =>
        {
            using var archive = ZipFile.OpenRead(path);
            var name = Path.GetFileName(path).Split(".0.1.0")[0];
            Assert.Equal(
                [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"],
                archive.Entries.Select(entry => entry.FullName).Where(file => file.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            Assert.Equal(CorFlags.ILOnly, FlagsOf(archive.GetEntry($"lib/net10.0/{name}.dll")!) & CorFlags.ILOnly);
        });
    }

    private static CorFlags FlagsOf(ZipArchiveEntry entry)
    {
        using var assembly = new MemoryStream();
        using (var packed = entry.Open())
        {
            packed.CopyTo(assembly);
        }

        assembly.Position = 0;
        using var reader = new PEReader(assembly);
        return reader.PEHeaders.CorHeader!.Flags;
    }

    private async Task<string> AddressAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                return line[(at + Listening.Length)..].Trim();
            }
        }

        throw new InvalidOperationException("The sample service ended before it listened.");
    }

    private string Token(string scope) => _signer.Sign("ada", TimeSpan.FromMinutes(5), Issuer, Audience, TimeProvider.System, scope);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? token)
    {
        using var request = new HttpRequestMessage(method, "/greetings");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request, Cancellation);
    }
}
