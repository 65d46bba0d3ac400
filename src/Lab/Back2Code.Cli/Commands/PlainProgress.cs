using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>One line for each thing that happens. Unlike <see cref="Progress{T}"/> it keeps their order.</summary>
internal sealed class PlainProgress(TextWriter output) : IProgress<PlatformProgress>
{
    private readonly Lock _gate = new();

    public void Report(PlatformProgress value)
    {
        // That something begins to start is no news; that it is ready, or not, is.
        if (value.State is ProcessState.Starting or ProcessState.Pending)
        {
            return;
        }

        lock (_gate)
        {
            output.WriteLine(value.Process is { } process ? $"{process,-14} {value.Text}" : $"platform       {value.Text}");
            output.Flush();
        }
    }
}
