/** Function-sized ports that the composition root hands to every stage. */
import type { Clock } from '#model/time.ts';

export type LogFields = { readonly [key: string]: string | number | boolean | null | undefined };
/** One line a call, JSON on stdout; `fields` carry the facts, the message stays constant. */
export type Log = {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/** Names end in `_total`, `_seconds`, `_bytes` …; label values come from closed sets or the registry. */
export type Metrics = {
  readonly count: (name: string, labels?: { readonly [label: string]: string }, by?: number) => void;
  readonly gauge: (name: string, value: number, labels?: { readonly [label: string]: string }) => void;
};

/**
 * A place in the code where a crash test may end the process, e.g. between commit and ack.
 * Does nothing in service.
 */
export type Probe = (place: ProbePlace) => void;
export const PROBE_PLACES = [
  'outbox.committed', // edge: row on disk, not yet sent
  'journal.committed', // ingest: rows on disk, ack not yet sent
  'rules.committed', // rules: transitions and cursor on disk, alerts not yet woken
  'delivery.claimed', // alerts: delivery claimed, not yet sent
  'delivery.sent', // alerts: accepted by the channel, not yet recorded
] as const;
export type ProbePlace = (typeof PROBE_PLACES)[number];

/** A stage that runs; `stop` resolves when everything that it opened is closed. */
export type Service = {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly stop: () => Promise<void>;
};

/** What every stage gets. */
export type StageContext = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly probe: Probe;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
};
