/**
 * Finds the first entry of the ledger that is not what was written: edited, removed, put elsewhere, cut off at the end, or
 * written anew together with all after it. The chain alone shows the first three, signed heads show the others.
 */
import { err, ok, type Result } from '#model/result.ts';
import { GENESIS, type LedgerHead } from './heads.ts';

export type LedgerRow = {
  readonly seq: number;
  /** As the table has it beside the body; null where there is only the body. */
  readonly alertId: string | null;
  readonly body: string;
  readonly hash: string;
};

export type LedgerFault = {
  readonly kind:
    | 'absent'
    | 'damaged'
    | 'gap'
    | 'edited'
    | 'moved'
    | 'truncated'
    | 'rebuilt'
    | 'unsigned'
    | 'key'
    | 'projection';
  /** The first entry that is wrong; of `truncated` the last one that is there. */
  readonly seq: number;
  readonly message: string;
};

/** The chain's hash: SHA-256 over the hash before, a newline and the body, hexadecimal. */
export type ChainHash = (before: string, body: string) => string;

export const fault = (kind: LedgerFault['kind'], seq: number, message: string): Result<never, LedgerFault> =>
  err({ kind, seq, message });

/** What an entry's body says; only what was checked may be relied on. */
export type Said = { readonly seq?: unknown; readonly alertId?: unknown; readonly [field: string]: unknown };
function sayOf(body: string): Said {
  try {
    const said = JSON.parse(body) as unknown;
    return typeof said === 'object' && said !== null ? (said as Said) : {};
  } catch {
    return {};
  }
}

/** One entry after the one before it; gives what it says. */
function checkRow(row: LedgerRow, before: LedgerHead, hashOf: ChainHash): Result<Said, LedgerFault> {
  const seq = before.seq + 1;
  if (row.seq !== seq) return fault('gap', seq, `entry ${seq} was removed; the next one that is there is ${row.seq}`);
  const said = sayOf(row.body);
  const isWhole = hashOf(before.hash, row.body) === row.hash;
  if (typeof said.seq === 'number' && said.seq !== row.seq)
    return fault('moved', seq, `entry ${seq} was put elsewhere: what stands here was written as entry ${said.seq}`);
  if (!isWhole) return fault('edited', seq, `entry ${seq} was edited: it is not what was written here`);
  if (row.alertId !== null && said.alertId !== row.alertId)
    return fault('moved', seq, `entry ${seq} was put elsewhere: it is filed under alert ${row.alertId}, not its own`);
  return ok(said);
}

/** Holds heads that were signed before against the chain as it goes by. */
export function openHeadCheck(heads: readonly LedgerHead[]) {
  const sorted = [...heads].sort((a, b) => a.seq - b.seq);
  let next = 0;
  /** The newest head that fits: what was rebuilt begins after it. */
  let fits = 0;
  const check = (at: LedgerHead): Result<LedgerHead, LedgerFault> => {
    for (; sorted[next]?.seq === at.seq; next++)
      if (sorted[next]?.hash !== at.hash)
        return fault(
          'rebuilt',
          Math.min(fits + 1, at.seq),
          fits + 1 >= at.seq
            ? `entry ${at.seq} was written anew, with all after it: it is not the one that was signed`
            : `the chain was written anew from an entry between ${fits + 1} and ${at.seq} on: entry ${at.seq} is not the one that was signed`,
        );
    fits = at.seq;
    return ok(at);
  };
  return {
    /** Called with the start (seq 0) and each entry. */
    pass: (at: LedgerHead): Result<LedgerHead, LedgerFault> => (sorted[next]?.seq === at.seq ? check(at) : ok(at)),
    end: (at: LedgerHead): Result<LedgerHead, LedgerFault> => {
      const newest = sorted.at(-1);
      if (newest === undefined || newest.seq <= at.seq) return ok(at);
      return fault('truncated', at.seq, cutOff(at.seq, newest.seq));
    },
  };
}

export const cutOff = (head: number, wanted: number): string =>
  `the end is cut off: the ledger stops at entry ${head}, entries ${head + 1} to ${wanted} at least are missing`;

/** The whole chain; gives its end. */
export function checkChain(
  rows: Iterable<LedgerRow>,
  heads: readonly LedgerHead[],
  hashOf: ChainHash,
  onEntry: (said: Said) => void = () => {},
): Result<LedgerHead, LedgerFault> {
  const signed = openHeadCheck(heads);
  let head: LedgerHead = { seq: 0, hash: GENESIS };
  const start = signed.pass(head);
  if (!start.ok) return start;
  for (const row of rows) {
    const checked = checkRow(row, head, hashOf);
    if (!checked.ok) return checked;
    const passed = signed.pass({ seq: row.seq, hash: row.hash });
    if (!passed.ok) return passed;
    head = passed.value;
    onEntry(checked.value);
  }
  return signed.end(head);
}
