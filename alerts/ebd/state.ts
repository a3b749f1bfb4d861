/** What the platform says of a broadcast (EBMStateResponse, EBDResponse), and what it means for the delivery. */
import type { DeliveryState } from '#model/alert.ts';
import { err, ok, type Result } from '#model/result.ts';
import type { Text } from '#model/text.ts';
import { childOf, textAt, type XmlNode } from '../cap/xml.ts';

export type BroadcastState = 'unhandled' | 'waiting' | 'playing' | 'done' | 'failed' | 'cancelled';

/** BrdStateCode 0 to 5. */
const OF_CODE: readonly BroadcastState[] = ['unhandled', 'waiting', 'playing', 'done', 'failed', 'cancelled'];

const ORDER: { readonly [S in BroadcastState]: number } = {
  unhandled: 0,
  waiting: 1,
  playing: 2,
  done: 3,
  failed: 3,
  cancelled: 4,
};

export type StateAnswer = {
  readonly ebmId: string;
  readonly state: BroadcastState;
  readonly detail: string;
};

/** Answers come again and overtake each other: only what is further on is news. */
export const isNews = (before: BroadcastState | null, after: BroadcastState): boolean =>
  before === null || ORDER[after] > ORDER[before];
export const isFinal = (state: BroadcastState | null): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** Null where it says nothing about the delivery: it was asked for and has not begun, or we took it back ourselves. */
export const deliveryStateOf = (state: BroadcastState): DeliveryState | null =>
  (
    ({
      unhandled: null,
      waiting: 'delivered',
      playing: 'heard',
      done: 'heard',
      failed: 'failed',
      cancelled: null,
    }) as const
  )[state];

export const STATE_TEXT: { readonly [S in BroadcastState]: Text } = {
  unhandled: { zh: '未处理', en: 'not handled yet' },
  waiting: { zh: '等待播发', en: 'waiting to be played' },
  playing: { zh: '正在播发', en: 'playing' },
  done: { zh: '播发完成', en: 'played' },
  failed: { zh: '播发失败', en: 'could not be played' },
  cancelled: { zh: '已取消播发', en: 'cancelled' },
};

/** The state answer of a document; an `EBD` that holds none is refused with what it is instead. */
export function readState(root: XmlNode): Result<StateAnswer, string> {
  if (root.name !== 'EBD') return err(`this is no EBD: its root is ${root.name}`);
  const answer = childOf(root, 'EBMStateResponse');
  if (answer === undefined)
    return err(`this EBD is of type ${textAt(root, 'EBDType') ?? '?'}: only EBMStateResponse is taken`);
  const ebmId = textAt(answer, 'EBM', 'EBMID') ?? '';
  if (!/^\d{10,40}$/.test(ebmId)) return err('EBM/EBMID is missing or no number');
  const code = textAt(answer, 'BrdStateCode') ?? '';
  const state = /^[0-5]$/.test(code) ? OF_CODE[Number(code)] : undefined;
  if (state === undefined) return err(`BrdStateCode "${code}" is none of 0 to 5`);
  return ok({ ebmId, state, detail: (textAt(answer, 'BrdStateDesc') ?? '').slice(0, 200) });
}

/** ResultCode of an EBDResponse: 1 taken; any other is a no. Null when the document is none. */
export function readResult(root: XmlNode): { readonly taken: boolean; readonly detail: string } | null {
  const response = root.name === 'EBD' ? childOf(root, 'EBDResponse') : undefined;
  if (response === undefined) return null;
  const code = textAt(response, 'ResultCode') ?? '';
  return {
    taken: code === '1',
    detail: `ResultCode ${code} ${(textAt(response, 'ResultDesc') ?? '').slice(0, 100)}`.trim(),
  };
}

/** A receipt names its broadcast by this, for a platform knows no delivery of ours. */
export const receiptFrom = (ebmId: string): string => `ebm:${ebmId}`;
export const ebmOfReceipt = (from: string | null): string | null => /^ebm:(\d{10,40})$/.exec(from ?? '')?.[1] ?? null;
