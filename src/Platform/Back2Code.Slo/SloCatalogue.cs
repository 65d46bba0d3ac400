namespace Back2Code.Slo;

/// <summary>All objects that were read from a set of OpenSLO files, references resolved.</summary>
public sealed class SloCatalogue
{
}
