/**
 * Signs the ledger's head every so often and writes it down twice: beside the ledger, and in a file outside the data
 * folder. It reads what is committed, as any other reader, and holds up nothing.
 */
import { existsSync } from 'node:fs';
import { openReadable } from '#model/io/sqlite.ts';
import { watchWake } from '#model/io/wake.ts';
import type { Log, Metrics } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';
import { GENESIS, type LedgerHead, type SignedHead } from '../../ledger/heads.ts';
import { openBell } from '../bell.ts';
import { alertsPath, alertsWakePath } from '../schema.ts';
import { appendHeads, headsPath, mendLastLine, readHeadFile, setAside } from './head-file.ts';
import { openSigningKey, type SigningKey } from './key.ts';

export type SignerConfig = {
  readonly dataDir: string;
  /** Outside the data folder; null: heads stand beside the ledger only. */
  readonly anchorFile: string | null;
  readonly everyMs?: number;
  readonly everyEntries?: number;
};
type Ports = { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics };

export type Signer = {
  readonly fingerprint: string;
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Signs what is there now; for the end of the stage. */
  readonly close: () => void;
};

const EVERY_MS = 5_000;
const EVERY_ENTRIES = 500;
/** Real time between two heads, however fast the chain's time runs. */
const FLOOR_MS = 200;
const SLOW_ROUND_MS = 60_000;

function openHead(dataDir: string): { readonly read: () => LedgerHead; readonly close: () => void } {
  const db = openReadable(alertsPath(dataDir));
  const newest = db?.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1');
  return {
    read: () => (newest?.get() as LedgerHead | undefined) ?? { seq: 0, hash: GENESIS },
    close: () => db?.close(),
  };
}

/** Both files: the one outside may be away for a while, and then gets what it missed from the one beside the ledger. */
function openFiles(config: SignerConfig, key: SigningKey, { log, metrics }: Ports) {
  const own = headsPath(config.dataDir);
  const outside = config.anchorFile;
  if (existsSync(own)) mendLastLine(own);
  const mine = () => (readHeadFile(own)?.heads ?? []).filter((head) => head.key === key.fingerprint);
  let newest = mine().at(-1);
  /** What the file outside lacks; null while nobody knows. */
  let missing: SignedHead[] | null = null;
  let said = false;

  function meet(path: string, isBegun: boolean): SignedHead[] {
    if (!existsSync(path)) return mine();
    mendLastLine(path);
    const there = readHeadFile(path)?.heads ?? [];
    const other = there.find((head) => head.key !== key.fingerprint);
    if (other !== undefined && key.isNew && !isBegun) {
      // A data folder that was begun anew: what was anchored before stays readable beside it.
      const name = `${path}.${other.key.slice(0, 8)}`;
      setAside(path, name);
      log.warn('the anchor file belongs to another ledger and was set aside', { file: name });
      return mine();
    }
    if (other !== undefined)
      log.error('the anchor file holds heads of another key: was it replaced?', { file: path, key: other.key });
    const seen = new Set(there.map((head) => head.signature));
    return mine().filter((head) => !seen.has(head.signature));
  }

  function flush(isBegun: boolean): void {
    if (outside === null) return;
    try {
      missing ??= meet(outside, isBegun);
      appendHeads(outside, missing);
      missing = [];
      said = false;
      metrics.gauge('fengsui_ledger_anchored', 1);
    } catch (cause) {
      missing = null;
      metrics.gauge('fengsui_ledger_anchored', 0);
      const fields = { file: outside, cause: String(cause) };
      if (!said) log.error('heads cannot be written to the anchor file, it is tried again', fields);
      said = true;
    }
  }
  return {
    newest: () => newest,
    flush,
    add: (head: SignedHead, isBegun: boolean): void => {
      appendHeads(own, [head]);
      newest = head;
      missing?.push(head);
      flush(isBegun);
    },
  };
}

export function openSigner(config: SignerConfig, ports: Ports): Signer {
  const { clock, log, metrics } = ports;
  const key = openSigningKey(config.dataDir);
  if (key.isNew) log.info('a key for the ledger was made', { fingerprint: key.fingerprint });
  const head = openHead(config.dataDir);
  const files = openFiles(config, key, ports);
  const bell = openBell(clock);
  const cancelWake = watchWake(alertsWakePath(config.dataDir), bell.ring);
  const started = head.read();
  const signedBefore = files.newest()?.seq ?? 0;
  if (started.seq < signedBefore)
    log.error('the ledger is shorter than what was signed: run `fengsui audit verify`', {
      seq: started.seq,
      signed: signedBefore,
    });
  const everyMs = config.everyMs ?? EVERY_MS;
  const everyEntries = config.everyEntries ?? EVERY_ENTRIES;

  function signNow(now: LedgerHead): void {
    const newest = files.newest();
    if (newest?.seq === now.seq && newest.hash === now.hash) return;
    files.add(key.sign(now, clock.nowMs()), started.seq > 0);
    metrics.count('fengsui_ledger_heads_signed_total');
    metrics.gauge('fengsui_ledger_signed_seq', now.seq);
  }
  // The first one at once: a ledger with a key always has a signed head.
  files.flush(started.seq > 0);
  signNow(started);
  let signedAtMs = clock.nowMs();

  return {
    fingerprint: key.fingerprint,
    run: async (signal) => {
      while (!signal.aborted) {
        const now = head.read();
        const open = now.seq - (files.newest()?.seq ?? 0);
        const waitMs = open === 0 ? SLOW_ROUND_MS : signedAtMs + everyMs - clock.nowMs();
        if (open !== 0 && (waitMs <= 0 || open >= everyEntries)) {
          signNow(now);
          signedAtMs = clock.nowMs();
          await new Promise<void>((resolve) => setTimeout(resolve, FLOOR_MS));
          continue;
        }
        if (open === 0) files.flush(true);
        await bell.wait(Math.max(waitMs, 1), signal);
      }
    },
    close: () => {
      cancelWake();
      try {
        signNow(head.read());
      } finally {
        head.close();
      }
    },
  };
}
