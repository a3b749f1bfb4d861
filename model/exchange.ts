/** Exchange with other platforms: feeds of CAP messages that this county reads, and the one that it gives. */
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';

export type FeedSource = {
  readonly id: string;
  readonly url: string;
  readonly pollMs: number;
  readonly tokenEnv: string | null;
};

export type ExchangeConfig = {
  /** Atom feeds of CAP messages that are polled. */
  readonly feeds: readonly FeedSource[];
  /** Absent: no feed is given. */
  readonly feed?: { readonly sender: string; readonly minLevel: Level; readonly accepts: readonly Origin[] };
};

/** A CAP message of ours, as the feed lists it. */
export type CapEntry = {
  readonly identifier: string;
  readonly sender: string;
  readonly sentMs: number;
  readonly type: string;
  readonly headline: string;
  readonly level: string;
  readonly alertId: string;
  readonly expiresMs: number;
};

export type ExchangeReader = {
  /** Of the feed, newest first. */
  readonly capEntries: (limit: number) => readonly CapEntry[];
  /** The message itself; only of the feed. */
  readonly capXml: (identifier: string) => string | undefined;
};
