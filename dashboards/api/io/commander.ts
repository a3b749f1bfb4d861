/** Hands commands to alerts through the durable log, and waits a bounded time for what became of them. */
import type { AlertReader } from '#model/alert.ts';
import type { DeskCommand } from '#model/command.ts';
import type { LogWriter } from '#model/journal.ts';
import type { CommandOutcome } from '../commands.ts';

export type Commander = {
  readonly give: (command: DeskCommand, signal: AbortSignal) => Promise<CommandOutcome>;
  readonly close: () => void;
};

export function createCommander(commands: LogWriter<DeskCommand>, alerts: AlertReader, waitMs: number): Commander {
  const waiting = new Map<string, () => void>();
  const cancelWake = alerts.onWake(() => {
    for (const look of [...waiting.values()]) look();
  });

  const awaitResult = (command: DeskCommand, signal: AbortSignal): Promise<CommandOutcome> =>
    new Promise((resolve) => {
      const finish = (outcome: CommandOutcome) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        waiting.delete(command.id);
        resolve(outcome);
      };
      const giveUp = () => finish({ kind: 'queued', commandId: command.id });
      const look = () => {
        const result = alerts.commandResult(command.id);
        if (result === undefined) return;
        finish(result.ok ? { kind: 'done', message: result.message } : { kind: 'refused', message: result.message });
      };
      const timer = setTimeout(giveUp, waitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.set(command.id, look);
      look();
    });

  return {
    give: async (command, signal) => {
      try {
        commands.append([{ key: command.id, entry: command }]);
      } catch (cause) {
        return { kind: 'failed', cause };
      }
      return awaitResult(command, signal);
    },
    close: () => {
      cancelWake();
    },
  };
}
