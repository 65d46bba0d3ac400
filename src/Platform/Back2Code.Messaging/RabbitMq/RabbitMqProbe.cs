using Back2Code.Resilience;
using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>Asks RabbitMQ, over the connection that the service uses, for an exchange that every broker has.</summary>
internal sealed class RabbitMqProbe(RabbitMqConnection rabbitMq) : IDependencyProbe, IAsyncDisposable
{
    private IConnection? _connection;
    private IChannel? _channel;

    public string Name => "rabbitmq";

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var connection = rabbitMq.CurrentOrNull ?? throw new IOException("There is no connection to RabbitMQ.");
        try
        {
            if (_channel is not { IsOpen: true } || _connection != connection)
            {
                await DisposeAsync().ConfigureAwait(false);
                _channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                _connection = connection;
            }

            await _channel.ExchangeDeclarePassiveAsync("amq.topic", cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The answer may still come, and must not be taken for that of the next question.
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        // The channel itself is left to its connection: closing one asks the broker, which may not answer.
        _channel = null;
        _connection = null;
        return ValueTask.CompletedTask;
    }
}
