using System.Text;

namespace Back2Code.Cli.Commands;

internal static class LogReader
{
    public static async Task PrintAsync(string log, int lines, bool follow, TextWriter output, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(StartOfLastLines(file, lines), SeekOrigin.Begin);
        await CopyAsync(file, output, cancellationToken);
        if (!follow)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (file.Length < file.Position)
                {
                    // The log was cut back because it had grown too long.
                    file.Seek(0, SeekOrigin.Begin);
                }

                await CopyAsync(file, output, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how one stops to follow.
        }
    }

    private static long StartOfLastLines(FileStream file, int lines)
    {
        var buffer = new byte[64 << 10];
        var end = file.Length;
        var found = 0;
        while (end > 0)
        {
            var start = Math.Max(0, end - buffer.Length);
            file.Seek(start, SeekOrigin.Begin);
            var block = buffer.AsSpan(0, (int)(end - start));
            file.ReadExactly(block);
            for (var i = block.Length - 1; i >= 0; i--)
            {
                // The line end at the very end of the file begins no line.
                if (block[i] == '\n' && start + i + 1 < file.Length && ++found == lines)
                {
                    return start + i + 1;
                }
            }

            end = start;
        }

        return 0;
    }

    private static async Task CopyAsync(FileStream file, TextWriter output, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        var decoder = Encoding.UTF8.GetDecoder();
        var text = new char[buffer.Length];
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            var length = decoder.GetChars(buffer, 0, read, text, 0);
            await output.WriteAsync(text.AsMemory(0, length), cancellationToken);
        }

        await output.FlushAsync(cancellationToken);
    }
}
