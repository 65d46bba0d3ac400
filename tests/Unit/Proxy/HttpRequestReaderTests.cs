using System.Text;
using Back2Code.Chaos.Proxy.Toxics.Http;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Proxy;

public sealed class HttpRequestReaderTests
{
    private const string Requests =
        "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
        + "POST /length HTTP/1.1\r\nContent-Length: 11\r\n\r\nGET / HTTP/"
        + "POST /chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1A;name=ff\r\nabcdefghijklmnopqrstuvwxyz\r\n3\r\n\r\nx\r\n0\r\nTrailer: 1\r\n\r\n"
        + "DELETE /last HTTP/1.0\r\n\r\n"
        + "GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
        + "GET /not-a-request HTTP/1.1\r\n\r\n";

    [Fact]
    public void Requests_are_found_and_no_byte_is_lost_however_they_are_cut() =>
        Prop.ForAll((PositiveInt[] sizes) =>
        {
            var (bytes, paths) = Read(Encoding.ASCII.GetBytes(Requests), [.. sizes.Select(s => s.Get % 90).Append(7)]);

            return bytes == Requests && paths.SequenceEqual(["/a", "/length", "/chunked", "/last", "/socket"]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_comes_is_passed_on() =>
        Prop.ForAll((byte[] noise, PositiveInt size) =>
        {
            byte[] bytes = [.. "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. noise];

            return Read(bytes, [size.Get]).Bytes == Encoding.Latin1.GetString(bytes);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("PRI * HTTP/2.0\r\n\r\n")]
    [InlineData("get / http/1.1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n")]
    public void What_is_no_request_is_not_read_as_one(string text) =>
        Assert.Empty(Read(Encoding.Latin1.GetBytes(text), [1_000]).Paths);

    [Theory]
    [InlineData("ffffffff\n")]
    [InlineData("8000000000000000\nabc")]
    [InlineData("1000000000000000000000000\r\nabc\r\n")]
    public void A_chunk_larger_than_any_is_passed_on_unread(string chunk)
    {
        string text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk;

        Assert.Equal(text, Read(Encoding.ASCII.GetBytes(text), [1_000]).Bytes);
    }

    [Fact]
    public void A_head_without_end_is_given_up()
    {
        string text = "GET / HTTP/1.1\r\n" + new string('x', 100_000);

        Assert.Equal(text, Read(Encoding.ASCII.GetBytes(text), [1_000]).Bytes);
    }

    private static (string Bytes, List<string> Paths) Read(byte[] bytes, int[] sizes)
    {
        var reader = new HttpRequestReader();
        var passed = new MemoryStream();
        List<string> paths = [];
        for (int at = 0, turn = 0; at < bytes.Length; turn++)
        {
            int size = Math.Min(Math.Max(1, sizes[turn % sizes.Length]), bytes.Length - at);
            for (int offset = 0; offset < size;)
            {
                var part = reader.Next(bytes.AsSpan(at + offset, size - offset), offset == 0, out int length);
                if (part == HttpPart.Other)
                {
                    passed.Write(bytes, at + offset, length);
                }
                else if (part == HttpPart.Head)
                {
                    passed.Write(reader.TakeHead(out var request));
                    paths.AddRange(request is null ? [] : [request.Path]);
                }

                offset += length;
            }

            at += size;
        }

        passed.Write(reader.Stop());
        return (Encoding.Latin1.GetString(passed.ToArray()), paths);
    }
}
