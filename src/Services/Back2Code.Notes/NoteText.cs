using System.ComponentModel.DataAnnotations;

namespace Back2Code.Notes;

/// <summary>What a note may hold. The database enforces the same limits; these say it in words and earlier.</summary>
internal static class NoteText
{
    public const int TitleLength = 200;

    // Each character escaped as \uXXXX, this is 384 KiB of JSON, well below the 1 MiB that a service accepts.
    public const int BodyLength = 65_536;
}

/// <summary>Refuses U+0000, the one character that PostgreSQL cannot store in text.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
internal sealed class StorableTextAttribute() : ValidationAttribute("The field {0} must not contain the character U+0000.")
{
    public override bool IsValid(object? value) => value is not string text || !text.Contains('\0', StringComparison.Ordinal);
}
