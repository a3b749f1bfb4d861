/** What the console needs from outside: its configuration and the ports that the composition root hands in. */
import type { AlertReader } from '#model/alert.ts';
import type { DeskCommand } from '#model/command.ts';
import type { DeskReaders } from '#model/desk.ts';
import type { HistoryQuery, HistoryReader } from '#model/history.ts';
import type { JournalReader, LogWriter } from '#model/journal.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Lang } from '#model/text.ts';
import type { RegistryDesk } from './registry-desk.ts';

export type ConsoleConfig = {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Bearer token with the county's scope; null: sessions only. */
  readonly token: string | null;
  /** Where the built page lies. */
  readonly staticDir: string;
  /** Language of texts that come as one string; default zh. */
  readonly lang?: Lang;
  /** Real time for sessions and throttles (never the chain's virtual time); tests move it. */
  readonly wallMs?: () => number;
  /** Cost of a password hash; tests lower it. */
  readonly scryptCost?: number;
  /** Bytes that a stream may owe to its reader before it is dropped. */
  readonly maxStreamBacklogBytes?: number;
  readonly heartbeatMs?: number;
  /** How long a command waits for its result before the caller gets 202. */
  readonly commandWaitMs?: number;
};

export type HealthReport = {
  readonly ready: boolean;
  readonly parts: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
};

/** One thing put aside by ingest, in plain JSON; the page shows whatever fields it has. */
export type QuarantinePort = {
  readonly list: (
    limit: number,
    cursor: string | null,
  ) => { readonly items: readonly object[]; readonly next: string | null };
};

/** Whether the ledger is still what was written; the first entry that is not, otherwise. */
export type LedgerVerdict =
  | {
      readonly ok: true;
      readonly head: { readonly seq: number; readonly hash: string };
      readonly [more: string]: unknown;
    }
  | { readonly ok: false; readonly kind: string; readonly seq: number; readonly message: string };

export type ConsolePorts = {
  readonly registry: RegistryPort;
  /** The files behind the registry; `NO_REGISTRY_DESK` where there are none. */
  readonly registryDesk: RegistryDesk;
  readonly journal: JournalReader;
  readonly history: HistoryReader;
  /** Long questions, answered beside this process's loop; closed when the console stops. */
  readonly query: HistoryQuery;
  /** The rules in force, whose limits a trend is held against; absent: the stations' own tables only. */
  readonly ruleSets?: { readonly current: () => ReadonlyMap<number, CompiledRuleSet> };
  readonly alerts: AlertReader;
  readonly parts: DeskReaders;
  readonly commands: LogWriter<DeskCommand>;
  readonly quarantine: QuarantinePort;
  readonly verifyLedger: () => Promise<LedgerVerdict>;
  readonly metricsText: () => string | Promise<string>;
  readonly health: () => HealthReport;
};
