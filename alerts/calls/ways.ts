/** By which channels one person can be asked about one alert, in which order, and why not by the others. */
import type { Alert, Recipient } from '#model/alert.ts';
import { type ChannelConfig, reachOf, type SendingChannel } from '#model/channel.ts';
import { rankOf } from '#model/level.ts';
import type { Person, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { passGate } from '../origin-gate.ts';

export type Skipped = { readonly channel: string; readonly reason: Text };
export type Ways = {
  readonly channels: readonly string[];
  readonly skipped: readonly Skipped[];
  /** The county has a channel for such an alert, only none for him. */
  readonly missed: boolean;
};

const isPersonal = (channel: ChannelConfig): channel is SendingChannel =>
  channel.kind !== 'console' && reachOf(channel) === 'person';

/** Whether the channel has an address of his. */
export function hasAddress(channel: Pick<ChannelConfig, 'id' | 'kind'>, person: Person | undefined): boolean {
  if (person === undefined) return false;
  if ((person.accounts?.[channel.id] ?? '') !== '') return true;
  return channel.kind === 'email' ? (person.email ?? '') !== '' : person.phone.trim() !== '';
}

/** The order that the policy gave him, else the county's own. */
function inOrder(recipient: Pick<Recipient, 'channels'>, all: readonly SendingChannel[]): readonly SendingChannel[] {
  if (recipient.channels === undefined) return all;
  return recipient.channels.flatMap((id) => all.find((channel) => channel.id === id) ?? []);
}

const NO_ADDRESS = (channel: SendingChannel): Text =>
  channel.kind === 'email'
    ? { zh: '没有登记邮箱', en: 'no e-mail address is on record' }
    : { zh: '没有登记电话', en: 'no telephone number is on record' };

export function waysOf(
  recipient: Pick<Recipient, 'personId' | 'channels'>,
  alert: Pick<Alert, 'level' | 'origin'>,
  registry: Pick<Registry, 'channels' | 'people'>,
): Ways {
  const person = registry.people.get(recipient.personId);
  const channels: string[] = [];
  const skipped: Skipped[] = [];
  for (const channel of inOrder(recipient, registry.channels.filter(isPersonal))) {
    if (rankOf(alert.level) < rankOf(channel.minLevel) || !passGate(channel, alert.origin).pass) continue;
    if (hasAddress(channel, person)) channels.push(channel.id);
    else skipped.push({ channel: channel.id, reason: NO_ADDRESS(channel) });
  }
  return { channels, skipped, missed: channels.length === 0 && skipped.length > 0 };
}

/**
 * The channels of the nth try (from 1): the nth of his order, going round; the first try of a red goes by the first two at
 * once, for there is no time to find out that one of them is deaf.
 */
export function channelsOfTry(channels: readonly string[], attempt: number, level: Alert['level']): readonly string[] {
  const own = channels[(attempt - 1) % Math.max(channels.length, 1)];
  if (own === undefined) return [];
  const second = attempt === 1 && level === 'red' ? channels[1] : undefined;
  return second === undefined ? [own] : [own, second];
}
