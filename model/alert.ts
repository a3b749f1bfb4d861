/** An alert: the open episode of one hazard at one subject. Its history is a log of events; this is its projection. */
import type { Level, LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard, GridCode, PersonId, Post, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Evidence, Subject, Transition } from '#model/transition.ts';
import type { WarningArea } from '#model/warning.ts';

export type AlertId = string;
export type Lifecycle = 'raised' | 'acknowledged' | 'handling' | 'closed' | 'falseAlarm';
export type ConditionState = 'active' | 'cleared' | 'dataLost';

/** A person who is told, and why; a pure function's answer. */
export type Recipient = {
  readonly personId: PersonId;
  readonly name: string;
  readonly tier: Tier;
  readonly gridCode: GridCode;
  readonly post: Post | 'duty' | 'household' | 'team';
  readonly reason: Text;
  /** Ids of the channels by which he is asked, in this order; absent: every person channel in the county's order. */
  readonly channels?: readonly string[];
};

/** One rule's evidence on the alert. */
export type AlertCondition = {
  readonly key: string;
  readonly rule: string;
  /** Where it is judged; alerts that were written before edges judged have none, and were judged at the centre. */
  readonly site?: Transition['site'];
  readonly level: LevelOrNone;
  readonly state: ConditionState;
  readonly sinceMs: EpochMs;
  readonly reason: Text;
  readonly evidence: Evidence;
};

export type Alert = {
  readonly id: AlertId;
  readonly subject: Subject;
  readonly hazard: AlertHazard;
  readonly origin: Origin;
  readonly gridCode: GridCode;
  /** The maximum of its conditions; after they have cleared, the last level that was in force. */
  readonly level: Level;
  readonly lifecycle: Lifecycle;
  readonly condition: ConditionState;
  readonly shelvedUntilMs: EpochMs | null;
  /** Event time of the first transition. */
  readonly raisedAtMs: EpochMs;
  /** Rises by one when people are asked anew (raised, worsened). */
  readonly round: number;
  readonly acknowledged: { readonly by: PersonId; readonly atMs: EpochMs } | null;
  readonly closedAtMs: EpochMs | null;
  readonly recipients: readonly Recipient[];
  readonly conditions: readonly AlertCondition[];
  /** Of a warning for an area: its level in each grid. */
  readonly areas?: readonly WarningArea[];
  /** Of a drill: which one, and whether real devices may sound. */
  readonly drill?: { readonly id: string; readonly broadcast: boolean };
  /** Its condition has cleared, its level stays until somebody resets it. */
  readonly latched?: boolean;
  /** The open alert of its parent (a dead gateway) that explains it; it is judged and logged, and calls nobody. */
  readonly suppressedBy?: AlertId;
  /** Version of the policy under which people were last told. */
  readonly policy?: string;
  /** Of a shelved alert: who put it aside and why; `untilCleared`: it comes back as soon as it has cleared. */
  readonly shelving?: {
    readonly by: PersonId;
    readonly atMs: EpochMs;
    readonly note: string;
    readonly untilCleared: boolean;
  };
  /** The worst level since it was raised or reset; absent: its level. */
  readonly peak?: Level;
  /** Instants of its newest changes, oldest first; many within a short time: it chatters. */
  readonly changes?: readonly EpochMs[];
  readonly chattering?: boolean;
  /** Position of its newest event in the alert log; a reader's version. */
  readonly version: number;
};

/** One entry of the ledger; `hash` = SHA-256 over the previous hash and this entry, in one global chain. */
export type AlertEvent = {
  readonly seq: number;
  readonly alertId: AlertId;
  readonly atMs: EpochMs;
  /** A person, or the part of the system that did it. */
  readonly by: string;
  readonly kind:
    | 'raised'
    | 'levelChanged'
    | 'conditionChanged'
    | 'lateFinding'
    | 'targeted'
    | 'deliveryClaimed'
    | 'deliveryResult'
    | 'acknowledged'
    | 'handling'
    | 'closed'
    | 'falseAlarm'
    | 'shelved'
    | 'unshelved'
    | 'reset'
    | 'suppressed'
    | 'note'
    /** Call-and-confirm: somebody is asked, answers, is silent, was reached by other means. */
    | 'call'
    /** Nobody at all was reached. */
    | 'nobodyReached'
    | 'evacuation'
    | 'warning'
    | 'report'
    | 'drill'
    | 'roster'
    /** Personal data were read. */
    | 'access'
    | 'channel'
    /** An edge did something by itself: siren on, muted by a button, failed. */
    | 'edgeAct'
    /** A sensor's values are doubted, or no longer. */
    | 'doubt'
    | 'refused';
  readonly text: Text;
  /** Facts of the event as plain JSON. */
  readonly facts: { readonly [key: string]: unknown };
  readonly hash: string;
};

/**
 * `sent`: the channel took it; `delivered`, `heard`, `read`, `answered`, `cannot` are what came back; `silent`: nothing did in
 * time; `stopped`: it was not needed any more when its turn came.
 */
export type DeliveryState =
  | 'queued'
  | 'claimed'
  | 'sent'
  | 'delivered'
  | 'heard'
  | 'read'
  | 'answered'
  | 'cannot'
  | 'silent'
  | 'failed'
  | 'unknown'
  | 'refused'
  | 'stopped';

/** Keyed `(alert, round, step, try, person, channel)`; `unknown`: handed over when the process died, sent again as 重发. */
export type Delivery = {
  readonly key: string;
  readonly alertId: AlertId;
  readonly round: number;
  readonly personId: PersonId;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly updatedAtMs: EpochMs;
  readonly detail: string;
};

export type AlertFilter = {
  /** Alerts whose grid lies in one of these subtrees. */
  readonly gridCodes: readonly GridCode[];
  /** Default: all that are not closed. */
  readonly open?: boolean;
  readonly origin?: Origin;
};

/** What the ledger's last entry was at an instant, signed by the centre (Ed25519 over the canonical JSON of it). */
export type SignedLedgerHead = {
  readonly seq: number;
  readonly hash: string;
  readonly atMs: EpochMs;
  /** Fingerprint of the public key, which stands beside it as base64 of its DER form. */
  readonly key: string;
  readonly publicKey: string;
  readonly signature: string;
};

/** What the console and the API see of alerts; reads its own connection, sees only what is committed. */
export type AlertReader = {
  readonly list: (
    filter: AlertFilter,
    limit: number,
    cursor: string | null,
  ) => { readonly items: readonly Alert[]; readonly next: string | null };
  readonly get: (id: AlertId) => Alert | undefined;
  readonly events: (id: AlertId) => readonly AlertEvent[];
  readonly deliveries: (id: AlertId) => readonly Delivery[];
  /** Ledger entries after `seq`, for the live feed. */
  readonly eventsAfter: (seq: number, limit: number) => readonly AlertEvent[];
  readonly head: () => number;
  /** The newest signed head; undefined while none was made. */
  readonly signedHead?: () => SignedLedgerHead | undefined;
  readonly onWake: (wake: () => void) => () => void;
  /** What became of a command, once alerts has taken it. */
  readonly commandResult: (commandId: string) => { readonly ok: boolean; readonly message: Text } | undefined;
  readonly close: () => void;
};

/** What a person does to an alert; written to the console's own log, which alerts reads like any other. */
export type AlertCommand = {
  readonly kind?: undefined;
  readonly id: string;
  readonly alertId: AlertId;
  readonly action: 'acknowledge' | 'handle' | 'close' | 'falseAlarm' | 'note' | 'shelve' | 'unshelve' | 'reset';
  /** Of `shelve`: until when. */
  readonly untilMs?: EpochMs;
  readonly by: PersonId;
  readonly atMs: EpochMs;
  /** `console`, `api` … */
  readonly from: string;
  readonly note: string;
};
