using Back2Code.Monitoring.Incidents;

namespace Back2Code.UnitTests.Monitoring;

public sealed class IncidentCursorTests
{
    [Fact]
    public void A_cursor_comes_back_as_it_went_out()
    {
        var cursor = new IncidentCursor(Notifications.At(1.234567), Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057"));

        Assert.True(IncidentCursor.TryParse(cursor.ToString(), out IncidentCursor? read));
        Assert.Equal(cursor, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("________________________________")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    public void Another_text_is_no_cursor(string text) => Assert.False(IncidentCursor.TryParse(text, out _));

    [Fact]
    public void Order_is_by_time_then_by_the_bytes_of_the_id_as_in_PostgreSQL()
    {
        var low = new IncidentCursor(Notifications.At(1), Guid.Parse("00000000-0000-0000-0000-0000000000ff"));
        var high = new IncidentCursor(Notifications.At(1), Guid.Parse("01000000-0000-0000-0000-000000000000"));
        var later = new IncidentCursor(Notifications.At(2), Guid.Empty);

        Assert.True(low.CompareTo(high) < 0);
        Assert.True(high.CompareTo(later) < 0);
    }
}
