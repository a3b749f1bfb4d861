/** What one person is handed: the message of one notice, or one message that covers several alerts. */
import type { Alert, Recipient } from '#model/alert.ts';
import { type Level, levelOfRank } from '#model/level.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Message } from '../deliveries.ts';
import type { Notice } from '../episode.ts';
import { headline } from '../wording.ts';
import { digestText } from './texts.ts';

/** So many alerts are named in one message; all that it covers are counted in it and listed at the desk. */
export const NAMED_AT_MOST = 50;

export type Said = {
  readonly notice: Pick<Notice, 'change' | 'reason'>;
  readonly alert: Alert;
  readonly to: Recipient;
  readonly ask: boolean;
  readonly registry: Registry;
  readonly nowMs: EpochMs;
};

type Base = Pick<Message, 'change' | 'text' | 'reason' | 'alert'>;

/** What all who are told of one notice have in common. */
function baseOf({ notice, alert, registry }: Said): Base {
  const { recipients: _recipients, conditions: _conditions, version: _version, ...rest } = alert;
  const { change, reason } = notice;
  return { change, text: headline(alert, change, reason, registry), reason, alert: rest };
}

/** Makes the messages of one notice after another; what they have in common is made once. */
export function openMessages(): (
  key: string,
  said: Said,
  covers?: string,
) => { readonly message: Message; readonly body: string } {
  let last: { readonly of: readonly unknown[]; readonly base: Base; readonly tail: string } | undefined;
  return (key, said, covers) => {
    const { alert, notice, registry, to, ask, nowMs } = said;
    if (last?.of[0] !== alert || last.of[1] !== notice || last.of[2] !== registry) {
      const base = baseOf(said);
      last = { of: [alert, notice, registry], base, tail: JSON.stringify(base).slice(1) };
    }
    const own = { key, queuedAtMs: nowMs, recipients: [to], ask, ...(covers === undefined ? {} : { covers }) };
    return { message: { ...own, ...last.base }, body: `${JSON.stringify(own).slice(0, -1)},${last.tail}` };
  };
}

/** One alert that a digest covers. */
export type Covered = {
  readonly alert: Alert;
  readonly notice: Pick<Notice, 'change' | 'reason'>;
  /** What is said of it; absent: its headline as it is now. */
  readonly text: Text | null;
  readonly ask: boolean;
};

export type DigestOf = {
  /** The worst, in order. */
  readonly named: readonly Covered[];
  /** Of all that it covers, by rank of level. */
  readonly ranks: ReadonlyMap<number, number>;
  readonly ask: boolean;
  readonly registry: Registry;
  readonly nowMs: EpochMs;
};

const textOf = ({ alert, notice, text }: Covered, registry: Registry): Text =>
  text ?? headline(alert, notice.change, notice.reason, registry);

/** Composed as it leaves; `open` is the message that its row was opened with. */
export function digestMessage(open: Message, of: DigestOf): Message {
  const { named, ranks, ask, registry, nowMs } = of;
  const worst = named[0];
  if (worst === undefined) return { ...open, composedAtMs: nowMs };
  const { recipients: _recipients, conditions: _conditions, version: _version, ...rest } = worst.alert;
  const { change, reason } = worst.notice;
  const isShift = open.shift === true;
  const base: Message = {
    ...open,
    change,
    reason,
    alert: rest,
    ask,
    composedAtMs: nowMs,
    text: textOf(worst, registry),
  };
  const total = [...ranks.values()].reduce((sum, count) => sum + count, 0);
  if (total === 1 && !isShift) return base;
  const counts = new Map<Level, number>();
  for (const [rank, count] of ranks) {
    const level = levelOfRank(rank);
    if (level !== 'none') counts.set(level, count);
  }
  return {
    ...base,
    text: digestText(counts, base.text, isShift),
    digest: named.map((one) => ({
      alertId: one.alert.id,
      level: one.alert.level,
      text: textOf(one, registry),
    })),
  };
}
