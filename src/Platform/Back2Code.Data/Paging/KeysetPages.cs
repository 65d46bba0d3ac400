using System.Runtime.CompilerServices;

namespace Back2Code.Data;

/// <summary>A long list read page by page, of which one page is in memory and no statement runs for longer than a page takes.</summary>
public static class KeysetPages
{
    /// <summary>
    /// The items of all pages. Each page is of its own moment: what is added or removed meanwhile may be there or not, nothing else is left out or comes twice.
    /// </summary>
    /// <param name="first">Before the first key.</param>
    /// <param name="keyOf">The key of an item; keys grow from item to item.</param>
    /// <param name="limit">Items of a page, above zero; a shorter page is the last one.</param>
    /// <param name="read">The page after a key.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<T> ReadAsync<TKey, T>(
        TKey first, Func<T, TKey> keyOf, int limit, Func<TKey, CancellationToken, ValueTask<List<T>>> read, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyOf);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        TKey after = first;
        List<T> page;
        do
        {
            page = await read(after, cancellationToken).ConfigureAwait(false);
            foreach (T item in page)
            {
                yield return item;
            }

            after = page.Count > 0 ? keyOf(page[^1]) : after;
        }
        while (page.Count >= limit);
    }
}
