using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Back2Code.Slo;

/// <summary>Collects what is wrong, so that one run tells everything.</summary>
internal sealed class SloFileErrors
{
    private readonly List<SloFileError> _errors = [];

    public void Add(string file, YamlNode node, string message) => Add(file, node.Start, message);

    public void Add(string file, Mark mark, string message) => Add(new SourceLine(file, (int)mark.Line), message);

    public void Add(SourceLine at, string message) => _errors.Add(new SloFileError(at.File, at.Line, message));

    public bool Any => _errors.Count > 0;

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new SloFileException(
                [.. _errors.Distinct().OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line)]);
        }
    }
}
