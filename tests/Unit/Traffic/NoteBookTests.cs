using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

public sealed class NoteBookTests
{
    [Fact]
    public void A_note_is_claimed_by_one_writer_at_a_time()
    {
        var book = new NoteBook(users: 1);
        book.Add(Note(), draw: 0);

        var first = book.Claim(0, draw: 5);
        var second = book.Claim(0, draw: 6);
        first!.Release();
        var third = book.Claim(0, draw: 7);

        Assert.Null(second);
        Assert.Same(first, third);
    }

    [Fact]
    public void Removed_notes_are_neither_picked_nor_claimed()
    {
        var book = new NoteBook(users: 1);
        var notes = Enumerable.Range(0, 10).Select(_ => Note()).ToArray();
        foreach (var note in notes)
        {
            book.Add(note, draw: 0);
        }

        foreach (var note in notes.Skip(1))
        {
            book.Remove(note);
            book.Remove(note);
        }

        Assert.All(Enumerable.Range(0, 20), draw => Assert.Same(notes[0], book.Pick(0, (ulong)draw)));
        Assert.Same(notes[0], book.Claim(0, draw: 3));
    }

    [Fact]
    public void A_full_book_forgets_a_note_for_each_new_one()
    {
        var book = new NoteBook(users: 20_000);
        var old = Note();
        var young = Note();
        book.Add(old, draw: 0);

        book.Add(young, draw: 0);
        book.Remove(old);

        Assert.Same(young, book.Pick(0, draw: 0));
    }

    [Fact]
    public void An_empty_book_has_nothing_to_offer()
    {
        var book = new NoteBook(users: 1);

        Assert.Null(book.Pick(0, draw: 1));
        Assert.Null(book.Claim(0, draw: 1));
    }

    private static TrackedNote Note() => new(Guid.NewGuid(), user: 0, "key", version: 1);
}
