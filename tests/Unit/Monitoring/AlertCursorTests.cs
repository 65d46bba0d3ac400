using Back2Code.Monitoring.Alerts;

namespace Back2Code.UnitTests.Monitoring;

public sealed class AlertCursorTests
{
    [Fact]
    public void A_cursor_comes_back_as_it_went_out()
    {
        var cursor = new AlertCursor(Notifications.At(1.234567), "8c6c4f0a1b2c3d4e");

        Assert.True(AlertCursor.TryParse(cursor.ToString(), out AlertCursor? read));
        Assert.Equal(cursor, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAA")]
    [InlineData("______________________")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA!")]
    public void Another_text_is_no_cursor(string text) => Assert.False(AlertCursor.TryParse(text, out _));

    [Fact]
    public void Order_is_by_time_then_by_the_characters_of_the_fingerprint()
    {
        var low = new AlertCursor(Notifications.At(1), "Z");
        var high = new AlertCursor(Notifications.At(1), "a");
        var later = new AlertCursor(Notifications.At(2), "0");

        Assert.True(low.CompareTo(high) < 0);
        Assert.True(high.CompareTo(later) < 0);
    }
}
