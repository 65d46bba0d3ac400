using System.Text;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments.Identity;

/// <summary>The name by which Chaos Toolkit and its tools know an experiment, whatever the order of its keys and the format of its file.</summary>
internal static class ExperimentIdentity
{
    private const int DigestBytes = 12;

    /// <summary>BLAKE2b of the experiment as Python writes it, in 24 hexadecimal digits. The format of the reference; it counts what the file says, placeholders unfilled.</summary>
    public static string Of(DocumentNode experiment) => Convert.ToHexStringLower(Blake2b.Hash(Encoding.UTF8.GetBytes(PythonJson.Write(experiment)), DigestBytes));
}
