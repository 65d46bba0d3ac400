namespace Back2Code.Identity;

/// <summary>A browser's name for itself, cut down to what its owner would call it: enough to tell two devices apart, too little to tell two people apart. Pure.</summary>
internal static class UserAgent
{
    // In this order: each claims to be those that come after it.
    private static readonly (string Mark, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")];

    private static readonly (string Mark, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];

    public static string? Describe(string? header)
    {
        string? browser = Find(Browsers, header), system = Find(Systems, header);
        return browser is null || system is null ? browser ?? system : $"{browser} on {system}";
    }

    private static string? Find((string Mark, string Name)[] known, string? header) =>
        known.FirstOrDefault(one => header?.Contains(one.Mark, StringComparison.Ordinal) == true).Name;
}
