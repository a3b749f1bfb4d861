/**
 * What an import would change: one file of its own is written anew, nobody's hand-written file ever. What stands elsewhere
 * with the same content is left there; with another it is refused with its place. The outcome is checked as the whole
 * county before anything is written; a row that the county's check refuses is refused with that reason.
 */
import { checkCounty } from '#cli/load/county.ts';
import { type ExistingItems, keyOf } from '#cli/registry/existing.ts';
import type { PlacedItem, Refusal } from '#cli/registry/items.ts';
import { type ImportKind, type Item, KINDS } from '#cli/registry/kinds.ts';
import { canonicalJson } from '#model/hash.ts';
import { formatLint, type Lint } from '#model/result.ts';

export type Incoming = {
  readonly kind: ImportKind;
  /** Where items come from, for refusals. */
  readonly file: string;
  readonly sheet: string | null;
  readonly items: readonly PlacedItem[];
  readonly refusals: readonly Refusal[];
  /** What of a row that is taken is left out. */
  readonly notes?: readonly Refusal[];
  /** Headings that mean nothing here, so that a column with another name is noticed. */
  readonly unknown: readonly string[];
};

export type Counts = {
  readonly new: number;
  readonly changed: number;
  readonly same: number;
  readonly refused: number;
  readonly gone: number;
};

export type Plan = {
  readonly target: string;
  /** Null when the file would not change. */
  readonly text: string | null;
  readonly counts: Counts;
  readonly unknown: readonly string[];
  readonly refusals: readonly Refusal[];
  /** What of a row that is taken is left out. */
  readonly notes: readonly Refusal[];
  /** Rows of an earlier import that this one does not have, and which stay because something was refused. */
  readonly kept: readonly string[];
  /** Findings elsewhere that the import would bring about; then nothing may be written. */
  readonly breaks: readonly Lint[];
  /** The county was broken before. */
  readonly before: readonly Lint[];
};

/** How a file of a kind's import is called; boundaries stand beside the grids. */
export const targetOf = (kind: ImportKind, name: string): string =>
  kind === 'boundaries' ? `grids/${name}.geojson` : `${kind}/${name}.json`;

/** One item a line, so that a change of one shows as one line. */
export function fileText(kind: ImportKind, items: readonly Item[]): string {
  const lines = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).join(',\n');
  if (kind !== 'boundaries') return `{"${kind}":[\n${lines(items)}\n]}\n`;
  const features = items.map(({ code, geometry }) => ({ type: 'Feature', properties: { code }, geometry }));
  return `{"type":"FeatureCollection","features":[\n${lines(features)}\n]}\n`;
}

/** The fields that a table knows, with the defaults that the county's files have; the rest is the owner's. */
function meaningOf(kind: ImportKind, item: Item): string {
  if (kind === 'boundaries') return canonicalJson(item);
  const parsed = KINDS[kind].schema.safeParse(item);
  const data = (parsed.success ? parsed.data : item) as Item;
  if (kind !== 'points') return canonicalJson(data);
  const { id, name, kind: sort, risk, lon, lat } = data;
  return canonicalJson({ id, name, sort, risk, lon, lat });
}

type Sorted = { kept: Map<string, Item>; fresh: Set<string>; changed: Set<string>; same: number; refusals: Refusal[] };

/** Each incoming item beside what stands already. */
function sortOut(incoming: Incoming, target: string, all: ExistingItems) {
  const { kind, file, sheet } = incoming;
  const existing = all(kind);
  const elsewhere = new Map(existing.filter((one) => one.file !== target).map((one) => [one.key, one]));
  const here = new Map(existing.filter((one) => one.file === target).map((one) => [one.key, one.item]));
  const sorted: Sorted = { kept: new Map(), fresh: new Set(), changed: new Set(), same: 0, refusals: [] };
  for (const { item, row } of incoming.items) {
    const key = keyOf(kind, item);
    const other = elsewhere.get(key);
    const before = here.get(key);
    if (other !== undefined) {
      if (meaningOf(kind, other.item) === meaningOf(kind, item)) sorted.same++;
      else
        sorted.refusals.push({
          ...{ file, sheet, row, column: '' },
          message: `"${key}" stands in ${other.place()} with another content`,
          mend: 'change it there, or remove it there and import again: an import rewrites only its own file',
        });
      continue;
    }
    sorted.kept.set(key, before === undefined ? item : { ...before, ...item });
    if (before === undefined) sorted.fresh.add(key);
    else if (meaningOf(kind, before) === meaningOf(kind, item)) {
      sorted.same++;
      sorted.kept.set(key, before);
    } else sorted.changed.add(key);
  }
  return { ...sorted, here };
}

const isError = ({ severity }: Lint): boolean => severity === 'error';
const indexOf = ({ path }: Lint): number => Number(/^[a-z]+\[(\d+)\]/.exec(path)?.[1] ?? -1);

/** Checks the county with the file; rows that it refuses are taken out, round by round. */
function settle(
  kind: ImportKind,
  target: string,
  items: Map<string, Item>,
  files: ReadonlyMap<string, string>,
  nowMs: number,
  refuse: (key: string, lint: Lint) => void,
): readonly Lint[] {
  for (let round = 0; ; round++) {
    const text = fileText(kind, [...items.values()]);
    const merged = items.size === 0 ? without(files, target) : new Map(files).set(target, text);
    const errors = checkCounty(merged, nowMs).lints.filter(isError);
    const own = errors.filter(({ file }) => file === target);
    if (own.length === 0 || round === 8) return errors;
    const keys = [...items.keys()];
    const done = new Set<string>();
    for (const lint of own) {
      const key = keys[indexOf(lint)];
      if (key === undefined || done.has(key)) continue;
      done.add(key);
      items.delete(key);
      refuse(key, lint);
    }
    if (done.size === 0) return errors;
  }
}

const without = (files: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string> =>
  new Map([...files].filter(([file]) => file !== name));

export type County = {
  readonly files: ReadonlyMap<string, string>;
  readonly existing: ExistingItems;
  readonly nowMs: number;
};

/** The plan of one import into one file of the county's folder. */
export function planImport(incoming: Incoming, name: string, { files, existing, nowMs }: County): Plan {
  const { kind, file, sheet } = incoming;
  const target = targetOf(kind, name);
  const { kept: items, fresh, changed, same, refusals, here } = sortOut(incoming, target, existing);
  const rowOf = new Map(incoming.items.map(({ item, row }) => [keyOf(kind, item), row]));
  const all = [...incoming.refusals, ...refusals];
  const gone = [...here.keys()].filter((key) => !items.has(key));
  const tell = (key: string, lint: Lint) => {
    fresh.delete(key);
    changed.delete(key);
    const row = rowOf.get(key) ?? 0;
    all.push({ ...{ file, sheet, row, column: lint.path }, message: lint.message, mend: lint.mend ?? 'mend the row' });
  };
  // Something unreadable may be the row that seems to be gone: then nothing is taken away.
  const keepAll = () => {
    for (const key of gone) items.set(key, here.get(key) ?? {});
  };
  if (all.length > 0) keepAll();
  const told = all.length;
  let errors = settle(kind, target, items, files, nowMs, tell);
  if (told === 0 && all.length > 0) {
    keepAll();
    errors = settle(kind, target, items, files, nowMs, tell);
  }
  const before = errors.length === 0 ? [] : checkCounty(files, nowMs).lints.filter(isError);
  const known = new Set(before.map(formatLint));
  const breaks = errors.filter((lint) => !known.has(formatLint(lint)));
  const text = items.size === 0 ? '' : fileText(kind, [...items.values()]);
  const wasRefused = all.length > 0;
  return {
    target,
    unknown: incoming.unknown,
    text: text === (files.get(target) ?? '') ? null : text,
    counts: { new: fresh.size, changed: changed.size, same, refused: all.length, gone: wasRefused ? 0 : gone.length },
    refusals: all.sort((a, b) => a.row - b.row),
    notes: (incoming.notes ?? []).filter(({ row }) => !all.some((refusal) => refusal.row === row)),
    kept: wasRefused ? gone : [],
    breaks,
    before,
  };
}
