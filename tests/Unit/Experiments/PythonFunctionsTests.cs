using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Providers;

namespace Back2Code.UnitTests.Experiments;

public sealed class PythonFunctionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("python-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_are_looked_for_renamed_copied_and_removed_as_in_python()
    {
        File.WriteAllText(At("a"), "x");

        Assert.Equal("true", Run("os.path", "exists", ("path", "${folder}/a")));
        Assert.Equal("true", Run("os.path", "isfile", ("path", At("a"))));
        Assert.Equal("true", Run("os.path", "isdir", ("s", _folder)));
        Assert.Equal("1", Run("os.path", "getsize", ("filename", At("a"))));
        Assert.Equal("null", Run("os", "rename", ("src", At("a")), ("dst", At("b"))));
        Assert.Equal("false", Run("os.path", "exists", ("path", At("a"))));
        Run("shutil", "copy", ("src", At("b")), ("dst", At("c")));
        Run("os", "mkdir", ("path", At("d")));
        Run("shutil", "move", ("src", At("c")), ("dst", At("d")));
        Assert.Equal("[\"c\"]", Run("os", "listdir", ("path", At("d"))));
        Run("os", "remove", ("path", At("b")));
        Assert.False(File.Exists(At("b")));
    }

    [Theory]
    [InlineData("os", "remove", "path")]
    [InlineData("os", "rmdir", "path")]
    [InlineData("os.path", "getsize", "filename")]
    public void What_is_an_exception_in_python_fails_the_activity(string module, string function, string argument)
    {
        var error = Assert.Throws<ActivityFailedException>(() => Run(module, function, (argument, At("absent"))));

        Assert.StartsWith($"{module}.{function}('{At("absent")}')", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chaosaws.ec2.actions", "stop_instance")]
    [InlineData("os", "system")]
    [InlineData("os", "kill")]
    [InlineData("shutil", "rmtree")]
    public void Any_other_function_is_refused_by_name(string module, string function) =>
        Assert.StartsWith($"python function {module}.{function} is not supported", PythonFunctions.Complaint(module, function, null), StringComparison.Ordinal);

    private string At(string name) => Path.Combine(_folder, name);

    private string Run(string module, string function, params (string Name, string Value)[] arguments) => PythonFunctions.Run(
        new PythonProvider { Module = module, Function = function, Arguments = new JsonObject(arguments.Select(a => KeyValuePair.Create(a.Name, (JsonNode?)a.Value))) },
        new Dictionary<string, JsonNode?> { ["folder"] = _folder })?.ToJsonString() ?? "null";
}
