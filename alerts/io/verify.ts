/**
 * Checks the ledger of a data folder, or an export of it: its chain from the first entry on, against every head that was
 * signed, and the alerts as they are shown against what the ledger says. It only reads, also while the centre runs.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Alert, AlertEvent } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import { err, ok, type Result } from '#model/result.ts';
import { isEnded } from '../episode.ts';
import { checkChain, cutOff, fault, type LedgerFault, type LedgerRow, type Said } from '../ledger/check.ts';
import type { LedgerHead, SignedHead } from '../ledger/heads.ts';
import { type Claimed, claimAt, differingField, nextClaim } from '../ledger/projection.ts';
import { headsPath, readHeadFile } from './anchor/head-file.ts';
import { isSigned, readPublicKey } from './anchor/key.ts';
import { chainHash } from './ledger.ts';
import { alertsPath } from './schema.ts';

export type { LedgerFault } from '../ledger/check.ts';
export type { LedgerHead } from '../ledger/heads.ts';

export type AuditReport = {
  readonly head: LedgerHead;
  /** The newest signed head that fits; null when none was ever signed. */
  readonly signed: { readonly seq: number; readonly atMs: number; readonly key: string } | null;
  readonly heads: number;
  /** Alerts whose shown state was held against the ledger. */
  readonly alertsChecked: number;
  readonly notes: readonly string[];
};

/** Heads of one file: all must be signed, and all by one key. */
export function checkHeads(
  name: string,
  heads: readonly SignedHead[],
  wantedKey: string | undefined,
): Result<void, LedgerFault> {
  const key = wantedKey ?? heads[0]?.key;
  for (const head of heads) {
    if (head.key !== key)
      return fault('key', head.seq, `${name}: the head at entry ${head.seq} is signed with another key (${head.key})`);
    if (!isSigned(head))
      return fault('unsigned', head.seq, `${name}: the head at entry ${head.seq} does not bear a valid signature`);
  }
  return ok(undefined);
}

function* rowsOf(db: DatabaseSync): Generator<LedgerRow> {
  for (const row of db.prepare('SELECT seq, alert_id AS alertId, body, hash FROM events ORDER BY seq').iterate())
    yield row as LedgerRow;
}

/** Gathers each alert's newest word on itself while the chain goes by. */
function openClaims() {
  const claims = new Map<string, Claimed>();
  return {
    take: (said: Said): void => {
      const event = said as unknown as Pick<AlertEvent, 'seq' | 'alertId' | 'kind' | 'facts'>;
      const claim = nextClaim(claims.get(event.alertId), event);
      if (claim !== undefined) claims.set(event.alertId, claim);
    },
    of: (id: string): Claimed | undefined => claims.get(id),
    all: (): Iterable<readonly [string, Claimed]> => claims,
  };
}

type ShownRow = {
  readonly id: string;
  readonly version: number;
  readonly body: string;
  readonly open: number;
  readonly rank: number;
  readonly origin: string;
  readonly grids: string;
};

/** Lists are read by columns beside the body: an alert that is filed as ended or below another level is hidden. */
function listedOtherwise({ open, rank, origin, grids }: ShownRow, alert: Alert): string | null {
  if ((open === 1) === isEnded(alert)) return 'end';
  if (rank !== rankOf(alert.level)) return 'level';
  if (origin !== alert.origin) return 'origin';
  return grids.includes(`/${alert.gridCode}/`) ? null : 'grid';
}

function checkProjection(
  db: DatabaseSync,
  head: LedgerHead,
  claims: ReturnType<typeof openClaims>,
): Result<number, LedgerFault> {
  let checked = 0;
  const shown = new Set<string>();
  for (const raw of db
    .prepare('SELECT id, version, body, open, rank, origin, grid_path AS grids FROM alerts')
    .iterate()) {
    const row = raw as ShownRow;
    shown.add(row.id);
    if (row.version > head.seq) return fault('truncated', head.seq, cutOff(head.seq, row.version));
    const claimed = claims.of(row.id);
    if (claimed === undefined)
      return fault('projection', row.version, `alert ${row.id} is shown, but no entry of the ledger began it`);
    const alert = JSON.parse(row.body) as Alert;
    const state = claimAt(claimed, row.version);
    const field = state === null ? null : differingField(alert, state);
    if (field !== null)
      return fault(
        'projection',
        claimed.seq,
        `alert ${row.id} is shown with another ${field} than entry ${claimed.seq} says`,
      );
    const column = listedOtherwise(row, alert);
    if (column !== null)
      return fault(
        'projection',
        claimed.seq,
        `alert ${row.id} is listed with another ${column} than it has: it may be missing where people look`,
      );
    if (state !== null) checked++;
  }
  for (const [id, { seq, state }] of claims.all())
    if (state !== null && !shown.has(id))
      return fault('projection', seq, `alert ${id} is not shown any more, though entry ${seq} says how it stands`);
  return ok(checked);
}

type Reading = { readonly head: LedgerHead; readonly alertsChecked: number };

function readLedger(path: string, heads: readonly LedgerHead[], projection: boolean): Result<Reading, LedgerFault> {
  let last = 0;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    db.exec('PRAGMA busy_timeout=5000');
    // One view of the file from the first entry to the alerts, though the centre goes on writing.
    db.exec('BEGIN');
    const claims = openClaims();
    const chain = checkChain(rowsOf(db), heads, chainHash, (said) => {
      last++;
      if (projection) claims.take(said);
    });
    if (!chain.ok) return chain;
    const alerts = projection ? checkProjection(db, chain.value, claims) : ok(0);
    return alerts.ok ? ok({ head: chain.value, alertsChecked: alerts.value }) : alerts;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return fault('damaged', last + 1, `the file cannot be read after entry ${last}: ${message}`);
  } finally {
    db?.close();
  }
}

/**
 * Reads the whole ledger. The chain alone cannot show that its end was cut off: for that, hand in a head that was kept
 * elsewhere. A projection that is newer than the last event shows it as well.
 */
export function verifyLedger(dataDir: string, anchor?: LedgerHead): Result<LedgerHead, LedgerFault> {
  if (!existsSync(alertsPath(dataDir))) return fault('absent', 0, 'there is no ledger yet');
  const found = readLedger(alertsPath(dataDir), anchor === undefined ? [] : [anchor], true);
  return found.ok ? ok(found.value.head) : found;
}

export type AuditRequest = {
  readonly dataDir: string;
  /** Heads that were kept outside; null: none were. */
  readonly anchorFile: string | null;
  /** It was asked for by name: then it must be there and hold heads. */
  readonly anchorNamed: boolean;
};

type Heads = { readonly heads: readonly SignedHead[]; readonly notes: readonly string[] };

function gatherHeads({ dataDir, anchorFile, anchorNamed }: AuditRequest): Result<Heads, LedgerFault> {
  const own = readHeadFile(headsPath(dataDir));
  const outside = anchorFile === null ? undefined : readHeadFile(anchorFile);
  const key = readPublicKey(dataDir);
  const notes: string[] = [];
  if (anchorFile !== null && outside === undefined) {
    if (anchorNamed) return fault('unsigned', 0, `there is no anchor file ${anchorFile}`);
    notes.push(`no anchor file ${anchorFile}: only what is kept in the data folder itself was compared`);
  }
  if (anchorNamed && outside?.heads.length === 0) return fault('unsigned', 0, `${anchorFile} holds no signed head`);
  if (key !== undefined && (own?.heads.length ?? 0) === 0)
    return fault('unsigned', 0, `the signed heads of the ledger are gone (${headsPath(dataDir)})`);
  for (const [name, file] of [
    [anchorFile ?? '', outside],
    [headsPath(dataDir), own],
  ] as const) {
    if (file?.badLine != null) notes.push(`${name}: line ${file.badLine} is no signed head and was passed over`);
    const checked = checkHeads(name, file?.heads ?? [], file === own ? undefined : file?.heads[0]?.key);
    if (!checked.ok) return checked;
  }
  const keys = new Set(
    [outside?.heads[0]?.key, own?.heads[0]?.key, key?.fingerprint].filter((one) => one !== undefined),
  );
  if (keys.size > 1) return fault('key', 0, `the key was replaced: ${[...keys].join(', ')} do not agree`);
  return ok({ heads: [...(outside?.heads ?? []), ...(own?.heads ?? [])], notes });
}

const newestOf = (heads: readonly SignedHead[]): AuditReport['signed'] => {
  const newest = heads.reduce<SignedHead | null>(
    (best, one) => (best === null || one.seq > best.seq ? one : best),
    null,
  );
  return newest === null ? null : { seq: newest.seq, atMs: newest.atMs, key: newest.key };
};

/** Everything that can be checked about the ledger of a data folder. */
export function auditLedger(request: AuditRequest): Result<AuditReport, LedgerFault> {
  const gathered = gatherHeads(request);
  const path = alertsPath(request.dataDir);
  if (!existsSync(path)) {
    const lost = gathered.ok && gathered.value.heads.some((head) => head.seq > 0);
    return fault(
      'absent',
      0,
      lost ? `the ledger ${path} is gone, though heads of it were signed` : `there is no ledger ${path}`,
    );
  }
  const heads = gathered.ok ? gathered.value.heads : [];
  // The chain is looked at first: an entry that is wrong says more than a head that is.
  const read = readLedger(path, gathered.ok ? heads : [], true);
  if (!read.ok) return read;
  if (!gathered.ok) return gathered;
  const signed = newestOf(heads);
  const notes = [...gathered.value.notes];
  if (signed === null) notes.push('no head has been signed: an end that was cut off would not show');
  return ok({ ...read.value, signed, heads: heads.length, notes });
}

/** An export, as `exportLedger` writes it: entries, then heads. */
export function auditLines(
  rows: Iterable<LedgerRow>,
  heads: readonly SignedHead[],
  others: readonly SignedHead[],
): Result<AuditReport, LedgerFault> {
  const own = checkHeads('the export', heads, undefined);
  const outside = checkHeads('the anchor', others, undefined);
  const chain = checkChain(rows, [...heads, ...others], chainHash);
  if (!chain.ok) return err(chain.error);
  if (!own.ok) return own;
  if (!outside.ok) return outside;
  if (heads[0] !== undefined && others[0] !== undefined && heads[0].key !== others[0].key)
    return fault('key', 0, `the key was replaced: ${heads[0].key} and ${others[0].key} do not agree`);
  const all = [...heads, ...others];
  return ok({ head: chain.value, signed: newestOf(all), heads: all.length, alertsChecked: 0, notes: [] });
}
