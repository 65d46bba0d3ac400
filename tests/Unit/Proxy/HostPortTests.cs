using Back2Code.Chaos.Proxy;

namespace Back2Code.UnitTests.Proxy;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("localhost:0", "localhost", 0)]
    [InlineData(":8474", "", 8474)]
    [InlineData("[::1]:80", "::1", 80)]
    public void An_address_is_read(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out string readHost, out int readPort));
        Assert.Equal((host, port), (readHost, readPort));
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData("localhost:http")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:-1")]
    [InlineData("::1:80")]
    [InlineData("[nonsense]:80")]
    public void What_is_no_address_is_refused(string text) => Assert.False(HostPort.TryParse(text, out _, out _));
}
