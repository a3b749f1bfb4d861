/** The table of a model's parameters: one description from which rule files are read, checked and documented. */
import type { Param, Params } from '#model/rule-set.ts';
import { readHeight, readResolvedHeight } from './height.ts';

type Common = { readonly optional?: true /** What it is, in English, with its unit. */; readonly doc: string };

export type ParamSpec =
  /** Written `3h`, kept in ms. */
  | (Common & { readonly type: 'duration'; readonly default?: number; readonly min?: number; readonly max?: number })
  | (Common & { readonly type: 'number'; readonly default?: number; readonly min?: number; readonly max?: number })
  | (Common & { readonly type: 'whole'; readonly default?: number; readonly min?: number; readonly max?: number })
  | (Common & { readonly type: 'choice'; readonly of: readonly string[]; readonly default?: string })
  | (Common & { readonly type: 'flag'; readonly default?: boolean })
  | (Common & { readonly type: 'text'; readonly default?: string })
  /** A list of numbers or of durations, ascending when it says so. */
  | (Common & { readonly type: 'list'; readonly of: 'number' | 'duration'; readonly default?: readonly number[] })
  /** Metres of the own gauge, above its datum, or a limit of the station by name (height.ts); `heights`: one or a list. */
  | (Common & { readonly type: 'height' })
  | (Common & { readonly type: 'heights' })
  /** A list of rows, each with these columns. */
  | (Common & { readonly type: 'rows'; readonly columns: ParamTable; readonly min?: number });

export type ParamTable = { readonly [name: string]: ParamSpec };

export type ParamFault = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly mend?: string;
};

const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `1.5h`, `3d` as ms; undefined when it is no duration. */
export function durationMs(raw: unknown): number | undefined {
  const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(raw) : null;
  return match === null ? undefined : Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? Number.NaN));
}

type Path = readonly (string | number)[];
type Find = (path: Path, message: string, mend?: string) => undefined;

/** `compiled`: durations are in ms already, as a pushed rule set has them. */
type Form = 'written' | 'compiled';

const sayBounds = (min: number | undefined, max: number | undefined, unit: string): string => {
  if (min !== undefined && max !== undefined) return `between ${min} and ${max}${unit}`;
  return min === undefined ? `at most ${max}${unit}` : `at least ${min}${unit}`;
};

function readNumber(
  spec: { readonly min?: number; readonly max?: number },
  value: number,
  path: Path,
  unit: string,
  find: Find,
): number | undefined {
  if (!Number.isFinite(value)) return find(path, 'is no number');
  const within = value >= (spec.min ?? Number.NEGATIVE_INFINITY) && value <= (spec.max ?? Number.POSITIVE_INFINITY);
  return within ? value : find(path, `must be ${sayBounds(spec.min, spec.max, unit)}`);
}

function readDuration(raw: unknown, path: Path, form: Form, find: Find): number | undefined {
  if (form === 'compiled') return typeof raw === 'number' && raw >= 0 ? raw : find(path, 'must be milliseconds');
  return durationMs(raw) ?? find(path, 'must be a duration such as 10m, 3h or 1.5d');
}

function readOne(spec: ParamSpec, raw: unknown, path: Path, form: Form, find: Find): Param | undefined {
  switch (spec.type) {
    case 'duration': {
      const ms = readDuration(raw, path, form, find);
      return ms === undefined ? undefined : readNumber(spec, ms, path, ' ms', find);
    }
    case 'number':
      return typeof raw === 'number' ? readNumber(spec, raw, path, '', find) : find(path, 'must be a number');
    case 'whole':
      return typeof raw === 'number' && Number.isInteger(raw)
        ? readNumber(spec, raw, path, '', find)
        : find(path, 'must be a whole number');
    case 'choice':
      return spec.of.some((word) => word === raw)
        ? (raw as string)
        : find(path, `must be one of ${spec.of.join(', ')}`);
    case 'flag':
      return typeof raw === 'boolean' ? raw : find(path, 'must be true or false');
    case 'text':
      return typeof raw === 'string' && raw !== '' ? raw : find(path, 'must be a text');
    case 'list':
      return readList(spec.of, raw, path, form, find);
    case 'height':
      return readOneHeight(raw, path, form, find);
    case 'heights':
      return readHeights(raw, path, form, find);
    case 'rows':
      return readRows(spec, raw, path, form, find);
    default:
      return spec satisfies never;
  }
}

function readOneHeight(raw: unknown, path: Path, form: Form, find: Find): Param | undefined {
  const found = form === 'written' ? readHeight(raw) : readResolvedHeight(raw);
  return 'height' in found ? found.height : find(path, found.message, found.mend);
}

function readHeights(raw: unknown, path: Path, form: Form, find: Find): Param | undefined {
  if (!Array.isArray(raw)) {
    const one = readOneHeight(raw, path, form, find);
    return one === undefined ? undefined : [one];
  }
  if (raw.length === 0) return find(path, 'needs one height at least');
  const all = raw.map((item: unknown, index) => readOneHeight(item, [...path, index], form, find));
  return all.every((item) => item !== undefined) ? all : undefined;
}

function readList(of: 'number' | 'duration', raw: unknown, path: Path, form: Form, find: Find): Param | undefined {
  if (!Array.isArray(raw)) return find(path, 'must be a list');
  const items = raw.map((item: unknown, index) =>
    of === 'duration'
      ? readDuration(item, [...path, index], form, find)
      : typeof item === 'number' && Number.isFinite(item)
        ? item
        : find([...path, index], 'must be a number'),
  );
  return items.every((item) => item !== undefined) ? items : undefined;
}

function readRows(
  spec: Extract<ParamSpec, { type: 'rows' }>,
  raw: unknown,
  path: Path,
  form: Form,
  find: Find,
): Param | undefined {
  if (!Array.isArray(raw)) return find(path, 'must be a list of rows');
  if (raw.length < (spec.min ?? 1)) return find(path, `needs ${spec.min ?? 1} rows at least`);
  const rows = raw.map((row: unknown, index) => readTable(spec.columns, row, [...path, index], form, find));
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

function readTable(table: ParamTable, raw: unknown, path: Path, form: Form, find: Find): Params | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return find(path, 'must have fields');
  const given = raw as { readonly [name: string]: unknown };
  let sound = true;
  for (const name of Object.keys(given))
    if (!Object.hasOwn(table, name)) {
      find([...path, name], `"${name}" is not known here; known: ${Object.keys(table).join(', ') || 'nothing'}`);
      sound = false;
    }
  const out: { [name: string]: Param } = {};
  for (const [name, spec] of Object.entries(table)) {
    const value = given[name];
    const usual = 'default' in spec ? spec.default : undefined;
    if (value === undefined) {
      if (usual !== undefined) out[name] = usual;
      else if (spec.optional === true) out[name] = null;
      else sound = find([...path, name], `is missing: ${spec.doc}`) ?? false;
      continue;
    }
    if (form === 'compiled' && value === null && spec.optional === true) out[name] = null;
    else {
      const read = readOne(spec, value, [...path, name], form, find);
      if (read === undefined) sound = false;
      else out[name] = read;
    }
  }
  return sound ? out : undefined;
}

/** Parameters from a rule file (without `kind`) or from a compiled rule set; what is wrong goes to `faults`. */
export function readParams(table: ParamTable, raw: unknown, form: Form, faults: ParamFault[]): Params | undefined {
  return readTable(table, raw, [], form, (path, message, mend) => {
    faults.push(mend === undefined ? { path, message } : { path, message, mend });
    return undefined;
  });
}
