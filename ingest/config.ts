/** What ingest is started with, and what it needs from others. */
import type { EdgeConfigPush } from '#model/edge-config.ts';
import type { Cursors } from '#model/journal.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { FleetTimes } from './fleet.ts';
import type { GapTimes } from './gaps.ts';
import type { CheckToken } from './io/http-push.ts';
import type { StoreOptions } from './journal-item.ts';

export type IngestConfig = {
  readonly dataDir: string;
  readonly mqttUrl: string;
  readonly username: string;
  readonly password: string;
  /** Chain time between two tick rows of a partition. */
  readonly tickMs: number;
  readonly store?: Partial<StoreOptions>;
  readonly history?: Partial<HistoryOptions>;
  /** Characters of payload that may wait for the disk. */
  readonly waitingChars?: number;
  /** After ingest has reached the broker, gateways have this long (real time) to be heard before they count as lost. */
  readonly edgeGraceMs?: number;
  readonly journalHorizonMs?: number;
  /** When batches that the journal lacks are asked for; real time. */
  readonly gaps?: Partial<GapTimes>;
  /** When configurations are pushed; real time. */
  readonly fleet?: Partial<FleetTimes>;
  /** Where devices may push by HTTP (loopback, behind a TLS proxy); nowhere without it. */
  readonly push?: { readonly host: string; readonly port: number };
};

export type IngestPorts = {
  readonly registry: RegistryPort;
  readonly ruleSets: {
    /** By partition. */
    readonly current: () => ReadonlyMap<number, CompiledRuleSet>;
    readonly onChange: (run: () => void) => () => void;
  };
  /** Up to where all readers but history are done; without it nothing is ever removed from the journal. */
  readonly minCursor?: () => Cursors;
  /** What the boxes in the field should run; without it nothing is pushed. */
  readonly edgeConfigs?: {
    readonly current: () => ReadonlyMap<string, EdgeConfigPush>;
    readonly onChange: (run: () => void) => () => void;
  };
  /** Needed with `push`. */
  readonly checkToken?: CheckToken;
};

export type HistoryOptions = {
  /** Readings held before they are written as chunks; a reader of history holds as many. */
  readonly bufferedReadings: number;
  /** Real time after which what is held is written in any case. */
  readonly flushMs: number;
  readonly pollMs: number;
  /** The county's, by which days are cut. */
  readonly zone: string;
};
export const DEFAULT_HISTORY: Omit<HistoryOptions, 'zone'> = {
  bufferedReadings: 400_000,
  flushMs: 300_000,
  pollMs: 200,
};

export const WAITING_CHARS = 64_000_000;
export const EDGE_GRACE_MS = 30_000;
/** The longest window that rules know, and the time a broken reader has to be mended in. */
const LONGEST_WINDOW_MS = 72 * HOUR_MS;
const MIN_HORIZON_MS = LONGEST_WINDOW_MS + 72 * HOUR_MS;

export const horizonOf = (config: IngestConfig): number =>
  Math.max(config.journalHorizonMs ?? 30 * DAY_MS, MIN_HORIZON_MS);
