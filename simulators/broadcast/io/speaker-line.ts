/** A virtual speaker on the real broker, with a credential of its own. */
import { connectAsync } from 'mqtt';
import type { Clock } from '#model/time.ts';
import { broadcastFilter, receiptTopic } from '#model/topics.ts';
import { createSpeaker, type Speaker, type SpeakerKind } from '../speaker.ts';

export type SpeakerLine = { readonly speaker: Speaker; readonly close: () => Promise<void> };

export type SpeakerConfig = {
  readonly id: string;
  readonly kind: SpeakerKind;
  /** `county/township/village`, `+` for all of a level. */
  readonly area: string;
  readonly url: string;
  readonly password: string;
  readonly works?: () => boolean;
};

export async function openSpeakerLine(config: SpeakerConfig, clock: Clock): Promise<SpeakerLine> {
  const { id, kind, area, url, password, works } = config;
  const speaker = createSpeaker(kind, works);
  const client = await connectAsync(url, {
    clientId: id,
    username: id,
    password,
    clean: true,
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
  });
  client.on('message', (_, payload) => {
    for (const receipt of speaker.take(payload.toString('utf8'), clock.nowMs()))
      client.publish(receiptTopic(id), JSON.stringify(receipt), { qos: 1 });
  });
  await client.subscribeAsync(broadcastFilter(area), { qos: 1 });
  return { speaker, close: () => client.endAsync(true) };
}
