namespace Back2Code.Notifications.Listing;

/// <summary>Part of a user's inbox, newest first.</summary>
/// <param name="Items">At most <c>limit</c> notifications.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
public sealed record NotificationPage(IReadOnlyList<NotificationView> Items, string? Next);
