/** Lines into InfluxDB as a copy writes them: waits while it is away, makes the database, counts what is refused for good. */
import { openConnection } from '#ingest/io/influx/connection.ts';
import { DEFAULT_WRITER } from '#ingest/io/influx/writer-options.ts';
import type { InfluxTarget } from '#model/history.ts';

export type Sink = {
  readonly make: () => Promise<unknown>;
  readonly write: (lines: readonly string[]) => Promise<void>;
  readonly refused: () => ReadonlyMap<string, number>;
  readonly close: () => void;
};

export function openSink(target: InfluxTarget, signal: AbortSignal, say: (text: string) => void): Sink {
  const refused = new Map<string, number>();
  const connection = openConnection(target, { ...DEFAULT_WRITER, slots: 1 }, signal, {
    onState: (state, message) => {
      if (state !== 'ok') say(`InfluxDB: ${state} (${message}); it is tried again`);
    },
    onMade: () => {},
    onNotMade: (message) => say(`The database cannot be made here (${message}): make it by hand.`),
  });
  return {
    make: connection.make,
    write: async (lines) => {
      for (const { reason } of (await connection.delivery.deliver(lines.join('\n'))) ?? [])
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
    },
    refused: () => refused,
    close: connection.close,
  };
}
