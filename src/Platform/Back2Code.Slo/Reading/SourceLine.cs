namespace Back2Code.Slo;

/// <summary>Where an object was read, for messages.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Line">Line, from 1.</param>
public sealed record SourceLine(string File, int Line);
