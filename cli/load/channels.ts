/** Channels by which alerts leave; what is not live may leave by a test channel only. */
import { channelSchema } from '#cli/load/schemas.ts';
import { parseList, type Source } from '#cli/load/source.ts';
import type { ChannelConfig } from '#model/registry.ts';

/** Reads `channels.yaml`. */
export function bindChannels(source: Source): readonly ChannelConfig[] {
  const rows = parseList(source, 'channels', channelSchema, 'id', new Set());
  return rows.map(({ path, value }): ChannelConfig => {
    if (value.kind === 'console') return value;
    const { id, kind, url, secretEnv, minLevel, timeout: timeoutMs, accepts, test } = value;
    const refused = test ? [] : accepts.filter((origin) => origin === 'simulated' || origin === 'replay');
    if (refused.length > 0)
      source.find([...path, 'accepts'], {
        kind: 'real-channel',
        message: `channel "${id}" reaches people and may not take ${refused.join(', ')}`,
        mend: 'leave "live" (and "drill" where drills are allowed), or add "test: true" if it reaches nobody',
      });
    return { id, kind, url, secretEnv, minLevel, timeoutMs, accepts };
  });
}
