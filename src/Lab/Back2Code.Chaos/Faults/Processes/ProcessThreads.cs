namespace Back2Code.Chaos.Faults.Processes;

/// <summary>What Linux keeps for each thread and not for a process: processors and priorities.</summary>
internal static class ProcessThreads
{
    /// <summary>Acts on every thread of a process and of everything below it, also on those that are started meanwhile.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="FaultException">A thread that is still there refuses.</exception>
    public static int ForEach(LinuxProcess process, Action<int> action)
    {
        var done = new HashSet<int>();
        for (bool found = true; found;)
        {
            found = false;
            foreach (int thread in process.ListTree().SelectMany(p => p.ListThreads()).Where(done.Add))
            {
                found = true;
                try
                {
                    action(thread);
                }
                catch (FaultException) when (LinuxProcess.ReadNice(thread) is null)
                {
                    // Threads come and go.
                    done.Remove(thread);
                    found = false;
                }
            }
        }

        return done.Count;
    }
}
