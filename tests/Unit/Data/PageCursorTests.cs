using Back2Code.Data;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Data;

public sealed class PageCursorTests
{
    [Fact]
    public void A_cursor_gives_back_the_id_it_was_made_from() =>
        Prop.ForAll((Guid id) => PageCursor.TryDecode(PageCursor.Encode(id), out var last) && last == id).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_but_the_one_given_out_is_a_cursor() =>
        Prop.ForAll((NonNull<string> text) => !PageCursor.TryDecode(text.Get, out var last) || PageCursor.Encode(last) == text.Get)
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAA\u00e9")]
    public void Garbage_is_refused(string cursor) => Assert.False(PageCursor.TryDecode(cursor, out _));

    [Fact]
    public void An_unknown_format_is_refused()
    {
        string cursor = PageCursor.Encode(Guid.Empty);

        Assert.False(PageCursor.TryDecode("Ag" + cursor[2..], out _));
    }

    [Fact]
    public void A_second_spelling_of_the_same_bytes_is_refused()
    {
        string cursor = PageCursor.Encode(Guid.Empty);
        Assert.EndsWith("A", cursor, StringComparison.Ordinal);

        Assert.False(PageCursor.TryDecode(cursor[..^1] + "B", out _));
    }
}
