/** What the alert core keeps of one open (or ended) alert, and what a step of it gives back. */
import type { Alert, AlertEvent, AlertId, Recipient } from '#model/alert.ts';
import type { Level, LevelOrNone } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import type { Directory } from './directory.ts';

/** An alert with the two facts that its projection for readers does not need. */
export type Episode = {
  readonly alert: Alert;
  /** Rises by one with every notice, so that each has a key of its own. */
  readonly step: number;
  /** When people were last asked; an acknowledgement from before that belongs to the round before. */
  readonly askedAtMs: EpochMs;
};

/** A ledger entry before the store gives it its place and hash. */
export type EventDraft = Pick<AlertEvent, 'alertId' | 'atMs' | 'by' | 'kind' | 'text' | 'facts'>;

/**
 * Why people are told: the first three ask for an answer, the others only inform. `overdue`: a report upwards is late;
 * `evacuation`: households refuse or are not found.
 */
export type Change = 'raised' | 'worsened' | 'recurred' | 'lowered' | 'moved' | 'overdue' | 'evacuation';
export const asks = (change: Change): boolean => change === 'raised' || change === 'worsened' || change === 'recurred';

/** One thing to tell; the plan of deliveries makes rows of it, one a channel. */
export type Notice = {
  readonly alertId: AlertId;
  readonly round: number;
  readonly step: number;
  readonly change: Change;
  readonly from: LevelOrNone;
  readonly to: Level;
  readonly reason: Text;
  /** Only these people hear it; absent: the alert's recipients. */
  readonly only?: readonly Recipient[];
};

export type Outcome = {
  /** The alert as it is now; null when nothing of it changed. */
  readonly episode: Episode | null;
  readonly events: readonly EventDraft[];
  readonly notices: readonly Notice[];
};

export const NOTHING: Outcome = { episode: null, events: [], notices: [] };

/** What a decision depends on beside the alert itself. */
export type World = {
  readonly directory: Directory;
  readonly nowMs: EpochMs;
  /** The id of the alert that a transition begins; the same transition gives the same id. */
  readonly newId: (transition: Transition) => AlertId;
};

export const isEnded = (alert: Pick<Alert, 'lifecycle'>): boolean =>
  alert.lifecycle === 'closed' || alert.lifecycle === 'falseAlarm';
