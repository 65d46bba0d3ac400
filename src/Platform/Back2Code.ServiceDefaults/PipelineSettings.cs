using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Back2Code.ServiceDefaults;

/// <summary>Lets an operator change a pipeline's limits without a build: <c>Resilience:postgres:TotalTimeout</c> wins over the code.</summary>
internal sealed class PipelineSettings(IConfiguration configuration) : IPostConfigureOptions<DependencyPipelineOptions>
{
    public void PostConfigure(string? name, DependencyPipelineOptions options) =>
        configuration.GetSection($"Resilience:{name}").Bind(options);
}
