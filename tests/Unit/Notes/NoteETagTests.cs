using Back2Code.Notes;
using Microsoft.AspNetCore.Http;

namespace Back2Code.UnitTests.Notes;

public sealed class NoteETagTests
{
    [Theory]
    [InlineData("\"7\"", true)]
    [InlineData("W/\"7\"", true)]
    [InlineData("\"3\", \"7\"", true)]
    [InlineData("*", true)]
    [InlineData("\"8\"", false)]
    [InlineData("7", false)]
    [InlineData("nonsense;;", false)]
    [InlineData("", false)]
    public void If_None_Match_is_compared_with_the_version(string header, bool held)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.IfNoneMatch = header;

        Assert.Equal(held, NoteETag.IsHeldBy(request, version: 7));
    }
}
