using Back2Code.Notifications.Listing;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Notifications;

public sealed class PageCursorTests
{
    [Fact]
    public void A_cursor_gives_back_the_id_it_was_made_from() =>
        Prop.ForAll((Guid id) => PageCursor.TryDecode(PageCursor.Encode(id), out var last) && last == id).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!")]
    public void Garbage_is_refused(string cursor) => Assert.False(PageCursor.TryDecode(cursor, out _));
}
