/** Channels by which alerts leave; what is not live may leave by a test channel only. */
import { channelSchema } from '#cli/load/schemas.ts';
import { parseList, type Source } from '#cli/load/source.ts';
import type { ChannelConfig } from '#model/channel.ts';

/** Reads `channels.yaml`. */
export function bindChannels(source: Source): readonly ChannelConfig[] {
  const rows = parseList(source, 'channels', channelSchema, 'id', new Set());
  return rows.map(({ path, value }): ChannelConfig => {
    if (value.kind === 'console') return value;
    const { id, kind, url, secretEnv, minLevel, timeout: timeoutMs, accepts, test, handover } = value;
    const refused = test ? [] : accepts.filter((origin) => origin === 'simulated' || origin === 'replay');
    if (refused.length > 0)
      source.find([...path, 'accepts'], {
        kind: 'real-channel',
        message: `channel "${id}" reaches people and may not take ${refused.join(', ')}`,
        mend: 'leave "live" (and "drill" where drills are allowed), or add "test: true" if it reaches nobody',
      });
    if (handover !== undefined && secretEnv === null)
      source.find([...path, 'handover'], {
        kind: 'unsigned',
        message: `channel "${id}" hands incidents over unsigned: anybody could call the fire brigade`,
        mend: 'add "secretEnv:" with the name of the variable that holds the secret shared with the platform',
        onKey: true,
      });
    const channel = { id, kind, url, secretEnv, minLevel, timeoutMs, accepts };
    return handover === undefined ? channel : { ...channel, handover };
  });
}
