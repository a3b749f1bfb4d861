/** What the console sees of the channels' health: a read-only connection of its own, also before the file is there. */
import type { ChannelHealth } from '#model/channel.ts';
import { prepareLater } from '#model/io/sqlite.ts';
import { alertsPath } from '../schema.ts';

export type ChannelReader = { readonly list: () => readonly ChannelHealth[]; readonly close: () => void };

/** Of channels that something was heard of; the others are untested. */
export function openChannelReader(dataDir: string): ChannelReader {
  const { get: ready, close } = prepareLater(alertsPath(dataDir), (db) =>
    db.prepare('SELECT body FROM channels_health ORDER BY channel'),
  );
  return {
    list: () => ((ready()?.all() ?? []) as { body: string }[]).map(({ body }) => JSON.parse(body) as ChannelHealth),
    close,
  };
}
