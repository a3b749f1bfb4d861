/** The channels' part of the store: their health and the wish to try one; the dispatcher does the trying. */
import type { ChannelCommand, DeskCommand } from '#model/command.ts';
import type { World } from '../../episode.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { CHANNELS_SCHEMA } from './book.ts';

const no = (zh: string, en: string): CommandResult => ({ ok: false, message: { zh, en } });
const UNDER_WAY: CommandResult = {
  ok: true,
  message: { zh: '正在自检，结果见渠道状态', en: 'it is being tried; its state shows the result' },
};

function openPart({ db }: PartTools): OpenPart {
  const ask = db.prepare(
    'INSERT INTO channels_asked (channel, by) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET by = excluded.by',
  );
  const forget = db.prepare('DELETE FROM channels_health WHERE channel NOT IN (SELECT value FROM json_each(?))');
  const drop = db.prepare('DELETE FROM channels_asked WHERE channel NOT IN (SELECT value FROM json_each(?))');
  const test = ({ channel: id, by }: ChannelCommand, { directory }: World): CommandResult => {
    const channel = directory.registry.channels.find((one) => one.id === id);
    if (channel === undefined) return no(`没有渠道 ${id}`, `there is no channel ${id}`);
    if (channel.kind === 'console') return no('控制台无需自检', 'the console needs no test');
    ask.run(id, by);
    return UNDER_WAY;
  };
  return {
    command: (command: DeskCommand, world) => (command.kind === 'channel' ? test(command, world) : undefined),
    onRegistry: ({ directory }) => {
      const ids = JSON.stringify(directory.registry.channels.map(({ id }) => id));
      forget.run(ids);
      drop.run(ids);
    },
  };
}

export const channelsPart: Part = { name: 'channels', schema: CHANNELS_SCHEMA, open: openPart };
