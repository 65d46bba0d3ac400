using System.Globalization;
using System.Text;

namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>What the head of an HTTP/1 request says, as far as a toxic and the way to the next request need it.</summary>
/// <param name="Length">Bytes of the body; null when it comes in chunks.</param>
/// <param name="IsLast">No further request follows that could be read: the connection changes its protocol.</param>
/// <param name="Expects">The client waits for a word before it sends the body.</param>
internal sealed record HttpRequestHead(string Method, string Path, long? Length, bool IsLast, bool Expects)
{
    /// <summary>Null for what is not HTTP/1: it is passed on unread.</summary>
    public static HttpRequestHead? Parse(ReadOnlySpan<byte> head)
    {
        string[] lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0].Split(' ') is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return null;
        }

        long? length = 0;
        bool isLast = method == "CONNECT";
        bool expects = false;
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string value = line[(colon + 1)..].Trim();
            switch (line[..Math.Max(colon, 0)].ToLowerInvariant())
            {
                case "content-length" when length is not null:
                    if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
                    {
                        return null;
                    }

                    length = bytes;
                    break;
                case "transfer-encoding":
                    length = null;
                    break;
                case "upgrade":
                    isLast = true;
                    break;
                case "expect":
                    expects = true;
                    break;
            }
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return new HttpRequestHead(method, query < 0 ? target : target[..query], length, isLast, expects);
    }
}
