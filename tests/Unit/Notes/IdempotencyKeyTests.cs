using Back2Code.Notes.Creating;
using Microsoft.Extensions.Primitives;

namespace Back2Code.UnitTests.Notes;

public sealed class IdempotencyKeyTests
{
    [Fact]
    public void No_header_is_no_key()
    {
        Assert.True(IdempotencyKey.TryRead(StringValues.Empty, out string? key));
        Assert.Null(key);
    }

    [Theory]
    [InlineData("8e03978e", "8e03978e")]
    [InlineData("\"8e03978e\"", "8e03978e")]
    [InlineData("  8e03978e\t", "8e03978e")]
    [InlineData("a:b/c=d", "a:b/c=d")]
    public void Both_spellings_of_a_key_are_one_key(string header, string expected)
    {
        Assert.True(IdempotencyKey.TryRead(header, out string? key));
        Assert.Equal(expected, key);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData("schl\u00fcssel")]
    [InlineData("line\nbreak")]
    public void A_header_that_is_no_key_is_refused(string header) => Assert.False(IdempotencyKey.TryRead(header, out _));

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void The_length_is_bounded(int length, bool accepted) =>
        Assert.Equal(accepted, IdempotencyKey.TryRead(new string('k', length), out _));

    [Fact]
    public void Two_headers_are_refused() => Assert.False(IdempotencyKey.TryRead(new StringValues(["a", "b"]), out _));

    [Fact]
    public void Equal_content_has_an_equal_digest() =>
        Assert.Equal(new CreateNoteRequest("title", "body").ContentSha256(), new CreateNoteRequest("title", "body").ContentSha256());

    [Theory]
    [InlineData("title", "other")]
    [InlineData("other", "body")]
    [InlineData("titleb", "ody")]
    [InlineData("titl", "ebody")]
    public void Other_content_has_another_digest(string title, string body) =>
        Assert.NotEqual(new CreateNoteRequest("title", "body").ContentSha256(), new CreateNoteRequest(title, body).ContentSha256());
}
