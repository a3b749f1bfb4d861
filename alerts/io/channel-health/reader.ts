/** What the console sees of the channels' health: a read-only connection of its own, also before the file is there. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChannelHealth } from '#model/channel.ts';
import { openReadable } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';

export type ChannelReader = { readonly list: () => readonly ChannelHealth[]; readonly close: () => void };

/** Of channels that something was heard of; the others are untested. */
export function openChannelReader(dataDir: string): ChannelReader {
  let db: DatabaseSync | undefined;
  let all: StatementSync | undefined;
  const ready = (): StatementSync | undefined => {
    if (all !== undefined) return all;
    db = openReadable(alertsPath(dataDir));
    try {
      all = db?.prepare('SELECT body FROM channels_health ORDER BY channel');
    } catch {
      db?.close(); // The table is not there yet.
      db = undefined;
    }
    return all;
  };
  return {
    list: () => ((ready()?.all() ?? []) as { body: string }[]).map(({ body }) => JSON.parse(body) as ChannelHealth),
    close: () => {
      db?.close();
      db = undefined;
      all = undefined;
    },
  };
}
