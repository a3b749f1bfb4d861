/** What a receipt changes: a delivery moves on and never back, and some receipts are an answer. */
import type { DeliveryState } from '#model/alert.ts';
import type { ReceiptEvent } from '#model/call.ts';
import type { Person, PersonId, Registry } from '#model/registry.ts';

const ORDER: { readonly [S in DeliveryState]: number } = {
  queued: 0,
  claimed: 0,
  unknown: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  heard: 3,
  answered: 4,
  cannot: 4,
  // Ended without an answer: a late receipt is better news.
  silent: 1,
  failed: 0,
  stopped: 0,
  refused: 5,
};

/** The state that the delivery goes to; null when the receipt is no news. */
export function advanced(state: DeliveryState, event: ReceiptEvent): DeliveryState | null {
  // Nothing that waits or was never sent can have come back.
  if (state === 'queued' || state === 'refused' || state === 'stopped') return null;
  if (event === 'failed') return state === 'sent' || state === 'claimed' || state === 'unknown' ? 'failed' : null;
  if ((event === 'answered' || event === 'cannot') && state !== event) return event;
  return ORDER[event] > ORDER[state] ? event : null;
}

/** `+86 138-0000-0001` and `13800000001` are one telephone. */
export const phoneKey = (raw: string): string => raw.replace(/[^0-9+]/g, '').replace(/^(\+86|0086|86(?=1\d{10}$))/, '');

/** Who speaks from this number or account; a shared telephone speaks for all who have it. */
export function peopleByAddress(
  registry: Pick<Registry, 'people'>,
): (channel: string, from: string) => readonly PersonId[] {
  const found = new Map<string, PersonId[]>();
  const note = (key: string, { id }: Person): void => {
    const list = found.get(key);
    if (list === undefined) found.set(key, [id]);
    else if (!list.includes(id)) list.push(id);
  };
  for (const person of registry.people.values()) {
    const phone = phoneKey(person.phone);
    if (phone !== '') note(`tel ${phone}`, person);
    if (person.email !== undefined) note(`mail ${person.email.toLowerCase()}`, person);
    for (const [channel, account] of Object.entries(person.accounts ?? {})) note(`${channel} ${account}`, person);
  }
  return (channel, from) =>
    found.get(`${channel} ${from}`) ??
    found.get(`mail ${from.toLowerCase()}`) ??
    found.get(`tel ${phoneKey(from)}`) ??
    [];
}
