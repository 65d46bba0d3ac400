using System.Data;
using System.Diagnostics;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.Messaging;

/// <summary>What became of an event.</summary>
internal enum EventOutcome
{
    Handled,
    Duplicate,
}

/// <summary>
/// Applies one event exactly once in effect: the handler's changes and the event's entry in the inbox are one transaction. An
/// unavailable dependency makes it wait, not fail.
/// </summary>
internal sealed partial class EventProcessor(
    NpgsqlDataSource dataSource, IServiceScopeFactory scopes, Func<IServiceProvider, IEventHandler> handler, ConsumerOptions options, ConsumerMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>
    /// Failures that look like PostgreSQL's while PostgreSQL answers others are the event's own, after this many in a row: an event
    /// whose every attempt times out must not hold its place for ever.
    /// </summary>
    private const int MaxSuspectFailures = 5;

    /// <exception cref="PoisonMessageException">The event can never be handled.</exception>
    /// <exception cref="Exception">The attempt failed, by the event's own fault as far as can be told.</exception>
    public async Task<EventOutcome> ProcessAsync(CloudEvent cloudEvent, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), options.MaxPause);
        for (int suspectFailures = 0; ;)
        {
            try
            {
                return await AttemptAsync(cloudEvent, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DependencyUnavailableException && !cancellationToken.IsCancellationRequested)
            {
                Log.Paused(logger, options.Queue, e.Message);
            }
            catch (TransientDatabaseException e) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Paused(logger, options.Queue, e.InnerException!.Message);
                suspectFailures = await AnswersAsync(cancellationToken).ConfigureAwait(false) ? suspectFailures + 1 : 0;
                if (suspectFailures >= MaxSuspectFailures)
                {
                    throw e.InnerException;
                }
            }

            metrics.PauseBegan();
            try
            {
                await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                metrics.PauseEnded();
            }
        }
    }

    private async Task<EventOutcome> AttemptAsync(CloudEvent cloudEvent, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HandlerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await dataSource.OpenConnectionAsync(either.Token).ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(either.Token).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            if (!await Inbox.TryRecordAsync(connection, transaction, options.Queue, cloudEvent, either.Token).ConfigureAwait(false))
            {
                return EventOutcome.Duplicate;
            }

            using var activity = MessagingActivities.Source.StartActivity($"process {cloudEvent.Type}", ActivityKind.Consumer, cloudEvent.TraceParent);
            var scope = scopes.CreateAsyncScope();
            await using var __ = scope.ConfigureAwait(false);
            await handler(scope.ServiceProvider).HandleAsync(cloudEvent, connection, transaction, either.Token).ConfigureAwait(false);

            // If the answer to the commit is lost, the next attempt finds the event in the inbox, or does it anew.
            await transaction.CommitAsync(either.Token).ConfigureAwait(false);
            return EventOutcome.Handled;
        }
        catch (Exception e) when (e is not PoisonMessageException and not DependencyUnavailableException
            && (PostgresFailure.IsLikely(e) || connection is null || (connection.FullState & ConnectionState.Open) == 0))
        {
            // No connection, or one that broke under the handler, whatever the handler made of that.
            throw new TransientDatabaseException(e);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The handler did not end within HandlerTimeout ({options.HandlerTimeout.TotalMilliseconds} ms).", e);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var command = dataSource.CreateCommand("SELECT 1");
            await using var _ = command.ConfigureAwait(false);
            await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private sealed class TransientDatabaseException(Exception cause) : Exception(cause.Message, cause);

    private static partial class Log
    {
        [LoggerMessage(3611, LogLevel.Warning, "Consumer of {Queue} waits for a dependency: {Reason}", EventName = "ConsumerPaused")]
        public static partial void Paused(ILogger logger, string queue, string reason);
    }
}
