using System.Diagnostics;

namespace Back2Code.Messaging;

internal static class MessagingActivities
{
    public static ActivitySource Source { get; } = new("Back2Code.Messaging");
}
