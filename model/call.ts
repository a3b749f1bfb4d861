/**
 * Call-and-confirm (叫应): one person is asked about one alert in one round until he answers, or until everybody who could
 * answer for him has been asked. Its history is the ledger; this is its projection.
 */

import type { Recipient } from '#model/alert.ts';
import type { GridCode, PersonId, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/**
 * `told`: no answer is asked for. `asking`: tries go on. `answered`, `cannot`: he said so. `silent`: all tries are over, he
 * stands on the not-reached list (未叫醒名单). `reached`: by other means, recorded by hand. `stopped`: not needed any more.
 */
export type CallState = 'told' | 'asking' | 'answered' | 'cannot' | 'silent' | 'reached' | 'stopped';

/** Channels outside the system: 敲门、鸣锣、电话、喊话、当面、其他. */
export const MEANS = ['door', 'gong', 'telephone', 'loudhailer', 'inPerson', 'other'] as const;
export type Means = (typeof MEANS)[number];

export type Call = {
  /** `alertId/round/personId`. */
  readonly key: string;
  readonly alertId: string;
  readonly round: number;
  readonly personId: PersonId;
  readonly name: string;
  readonly gridCode: GridCode;
  readonly tier: Tier;
  readonly post: Recipient['post'];
  readonly reason: Text;
  readonly state: CallState;
  /** 0: asked in his own right; 1: as the deputy of a silent one; 2 and more: as the tier above. */
  readonly step: number;
  /** For whom he stands in. */
  readonly standsInFor: PersonId | null;
  readonly tries: number;
  readonly triesAtMost: number;
  readonly channels: readonly string[];
  readonly askedAtMs: EpochMs;
  readonly nextDueMs: EpochMs | null;
  readonly endedAtMs: EpochMs | null;
  /** How it ended: the channel of the answer, or the means by which somebody reached him. */
  readonly by: { readonly id: string; readonly how: string; readonly note: string } | null;
};

/** What a channel hears after a message was handed over. */
export type ReceiptEvent = 'delivered' | 'read' | 'heard' | 'answered' | 'cannot' | 'failed';
export type Receipt = {
  /** The delivery's key; null when only the sender is known (an SMS that says `1`). */
  readonly key: string | null;
  readonly channel: string;
  /** Telephone number or account of the sender, where the key is not known. */
  readonly from: string | null;
  readonly event: ReceiptEvent;
  readonly atMs: EpochMs;
  readonly detail: string;
};

export type CallFilter = {
  readonly gridCodes: readonly GridCode[];
  readonly alertId?: string;
  readonly personId?: PersonId;
  /** Only those who stand on the not-reached list of open alerts. */
  readonly notReached?: boolean;
};

export type CallReader = {
  readonly list: (
    filter: CallFilter,
    limit: number,
    cursor: string | null,
  ) => { readonly items: readonly Call[]; readonly next: string | null };
  /** Of one alert, newest round first. */
  readonly ofAlert: (alertId: string) => readonly Call[];
};
