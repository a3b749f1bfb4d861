/** Robots in group chats (WeCom, DingTalk, Feishu): one post a notice, naming those who are asked. */
import type { RobotChannel } from '#model/channel.ts';
import type { Registry } from '#model/registry.ts';
import { composePost, shorten } from '../../channels/texts.ts';
import type { Channel, ChannelTools, Parcel } from './channel.ts';
import { addressOf, post, secretOf } from './http.ts';
import { hostOf, reach } from './reach.ts';
import { type Mentioned, ROBOTS } from './robot-forms.ts';

/** WeCom takes 2,048 bytes of UTF-8, and a Chinese character is three of them. */
const CHARACTERS = 600;
const NAMED_AT_MOST = 50;

/** Looked up as it leaves: a number may have changed. */
function namedIn({ message, to }: Parcel, channel: string, registry: Registry): readonly Mentioned[] {
  if (to !== null) return [to];
  return message.recipients.slice(0, NAMED_AT_MOST).flatMap(({ personId }): Mentioned[] => {
    const person = registry.people.get(personId);
    if (person === undefined) return [];
    return [{ name: person.name, phone: person.phone, account: person.accounts?.[channel] ?? null }];
  });
}

export function openRobot(config: RobotChannel, tools: ChannelTools): Channel {
  const { id, timeoutMs, secretEnv } = config;
  const robot = ROBOTS[config.kind];
  return {
    send: async (parcel, signal) => {
      const url = addressOf(config.url);
      if (!url.ok) return url.away;
      const secret = secretEnv === null ? null : secretOf(secretEnv);
      if (secret !== null && !secret.ok) return secret.away;
      const key = secret === null ? null : secret.value;
      const text = shorten(composePost(parcel.message, { repeated: parcel.repeated }), CHARACTERS);
      // The platform's clock checks it, so it is the real time, whatever time the chain lives by.
      const wallMs = Date.now();
      const body = JSON.stringify(robot.body(text, namedIn(parcel, id, tools.registry()), key, wallMs));
      return post({ url: robot.url(url.value, key, wallMs), body, timeoutMs, signal, judge: robot.judge });
    },
    // Whatever is said to a robot stands in the group; so nothing is said.
    selfTest: async (signal) => {
      const url = addressOf(config.url);
      return url.ok ? reach(hostOf(url.value), timeoutMs, signal) : url.away;
    },
  };
}
