/** What is handed from a channel that is down to the one that takes over: under which key, and what the ledger says of it. */
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { EventDraft } from '../episode.ts';

/** A delivery that waits. `unknown`: it may have left already, so that whoever takes over marks it as a repeat. */
export type Waiting = { readonly key: string; readonly alertId: string; readonly unknown: boolean };

/** The channel is the key's last part, so that the new row is the same try of the same person. */
export const rekeyed = (key: string, from: string, to: string): string =>
  key.endsWith(`/${from}`) ? `${key.slice(0, -from.length)}${to}` : `${key}/${to}`;

/** `key` null: the new channel had the same try already. */
export function handedOverEvent(
  waiting: Waiting,
  move: { readonly from: string; readonly to: string; readonly key: string | null },
  nowMs: EpochMs,
): EventDraft {
  const { from, to, key } = move;
  const text: Text =
    key === null
      ? { zh: `${from}：不可用，${to} 已在发送`, en: `${from}: down; ${to} sends it already` }
      : waiting.unknown
        ? {
            zh: `${from}：不可用，结果不明，改由 ${to} 重发`,
            en: `${from}: down, outcome unknown; handed to ${to}, marked as a repeat`,
          }
        : { zh: `${from}：不可用，改由 ${to} 发送`, en: `${from}: down; handed to ${to}` };
  return {
    alertId: waiting.alertId,
    atMs: nowMs,
    by: `channel:${from}`,
    kind: 'deliveryResult',
    text,
    facts: { delivery: waiting.key, state: 'failed', handedTo: to, as: key, unknown: waiting.unknown },
  };
}
