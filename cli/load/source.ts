/**
 * One text file of the county, parsed once: what it holds, and where each part of it stands, so that every finding can
 * name a line. Positions are worked out only when there is something to say; a large county loads without them.
 */

import { isMap, isNode, isScalar, LineCounter, parse, parseDocument, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import type { Lint } from '#model/result.ts';

export type Path = readonly (string | number)[];

export type Finding = {
  readonly kind: string;
  readonly message: string;
  readonly mend?: string;
  readonly severity?: Lint['severity'];
  /** The key itself is wrong, not what it holds. */
  readonly onKey?: boolean;
};

export type Source = {
  readonly file: string;
  /** Undefined when the file cannot be read as YAML or JSON at all. */
  readonly value: unknown;
  readonly find: (path: Path, finding: Finding) => void;
};

type Place = { readonly line: number; readonly column: number };

export const formatPath = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

const keyOf = (map: unknown, step: string | number | undefined): unknown =>
  isMap(map) ? map.items.find(({ key }) => isScalar(key) && key.value === step)?.key : undefined;

/** Finds the place of a path, or of its deepest ancestor that exists. JSON is YAML too, so this serves both. */
function placeFinder(text: string): (path: Path, onKey: boolean) => Place {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return (path, onKey) => {
    for (let depth = path.length; depth >= 0; depth--) {
      const key =
        onKey && depth === path.length ? keyOf(document.getIn(path.slice(0, -1), true), path.at(-1)) : undefined;
      const node: unknown = key ?? document.getIn(path.slice(0, depth), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset === undefined) continue;
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  };
}

type Parsed =
  | { readonly value: unknown }
  | { readonly message: string; readonly line: number; readonly column: number };

function parseText(file: string, text: string): Parsed {
  const lines = new LineCounter();
  try {
    if (/json$/.test(file)) return { value: JSON.parse(text) };
    // Without positions it takes two thirds of the time; a file that cannot be read is read once more for the place.
    try {
      return { value: parse(text, { prettyErrors: false }) };
    } catch {
      return { value: parse(text, { lineCounter: lines, prettyErrors: true }) };
    }
  } catch (cause) {
    if (cause instanceof YAMLParseError) {
      const start = cause.linePos?.[0];
      const message = (cause.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
      return { message, line: start?.line ?? 1, column: start?.col ?? 1 };
    }
    const message = cause instanceof Error ? cause.message : 'cannot be read';
    const at = /line (\d+) column (\d+)/.exec(message);
    return { message, line: Number(at?.[1] ?? 1), column: Number(at?.[2] ?? 1) };
  }
}

/** Opens one file; its findings are appended to `lints`. */
export function openSource(file: string, text: string, lints: Lint[]): Source {
  const parsed = parseText(file, text);
  if ('message' in parsed) {
    const { message, line, column } = parsed;
    const mend = 'mend the file by hand; indentation in YAML is by spaces, and a value with ": " in it needs quotes';
    lints.push({ file, line, column, path: '', kind: 'syntax', message, mend, severity: 'error' });
    return { file, value: undefined, find: () => {} };
  }
  let places: ReturnType<typeof placeFinder> | undefined;
  const find: Source['find'] = (path, { kind, message, mend, severity = 'error', onKey = false }) => {
    places ??= placeFinder(text);
    const base = { file, ...places(path, onKey), path: formatPath(path), kind, message, severity };
    lints.push(mend === undefined ? base : { ...base, mend });
  };
  return { file, value: parsed.value, find };
}

type Issue = z.core.$ZodIssue;

function valueAt(raw: unknown, path: Path): unknown {
  let at = raw;
  for (const step of path)
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined;
  return at;
}

/** What a schema's issue means to the person who wrote the file. */
function explain(issue: Issue, raw: unknown): { readonly path: Path; readonly finding: Finding } {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  if (missing) {
    const key = String(path.at(-1) ?? '');
    return { path, finding: { kind: 'missing', message: `"${key}" is missing`, mend: `add a line "${key}: …"` } };
  }
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const message = `unknown key ${issue.keys.map((name) => `"${name}"`).join(', ')}`;
    // `{ en: Crack meter, upper }` is read as a key "upper" without a value.
    const comma = valueAt(raw, [...path, key]) === null;
    const mend = comma ? 'text with a comma needs double quotes' : 'remove it, or mend its spelling';
    return { path: [...path, key], finding: { kind: 'unknown-key', message, mend, onKey: true } };
  }
  if (issue.code === 'invalid_type' && issue.expected === 'string' && issue.message.endsWith('received number'))
    return {
      path,
      finding: { kind: 'type', message: 'must be text, but reads as a number', mend: 'put it in double quotes' },
    };
  const message = issue.message.replace(/^Invalid input: /, '');
  return { path, finding: { kind: issue.code === 'custom' ? 'value' : 'type', message } };
}

/** Parses one part of a source; all its issues become findings, and the part is undefined then. */
export function parsePart<T>(source: Source, path: Path, raw: unknown, schema: z.ZodType<T>): T | undefined {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const { path: inner, finding } = explain(issue, raw);
    source.find([...path, ...inner], finding);
  }
  return undefined;
}

/** What a row calls itself, also one that could not be read: who names it made no mistake. */
export const idOf = (raw: unknown): string =>
  typeof raw === 'object' && raw !== null && 'id' in raw ? String(raw.id) : '';

/** Ids in the one list of a file, also of items with findings. */
export function idsIn({ value }: Source, key: string): ReadonlySet<string> {
  const list = typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown })[key] : [];
  return new Set(Array.isArray(list) ? list.map(idOf) : []);
}

export type Item<T> = { readonly path: Path; readonly value: T };

/**
 * The items of the one list of a file (`points: [...]`), parsed one by one so that a bad one hides nobody else's
 * findings. `declared` gets the id of every item, also of a bad one: who names it made no mistake.
 */
export function parseList<T>(
  source: Source,
  key: string,
  schema: z.ZodType<T>,
  idKey: string,
  declared: Set<string>,
): readonly Item<T>[] {
  if (source.value === undefined) return [];
  const root = source.value as { readonly [key: string]: unknown } | null;
  const list = typeof root === 'object' && root !== null ? root[key] : undefined;
  if (!Array.isArray(list)) {
    source.find([key], {
      kind: 'shape',
      message: `the file must hold a list "${key}:"`,
      mend: `begin it with "${key}:"`,
    });
    return [];
  }
  for (const other of Object.keys(root ?? {}))
    if (other !== key)
      source.find([other], {
        kind: 'unknown-key',
        message: `unknown key "${other}"`,
        mend: `only "${key}" belongs here`,
        onKey: true,
      });
  const items: Item<T>[] = [];
  list.forEach((raw: unknown, index) => {
    const path = [key, index];
    const id =
      typeof raw === 'object' && raw !== null ? (raw as { readonly [key: string]: unknown })[idKey] : undefined;
    const taken = id !== undefined && declared.has(String(id));
    if (id !== undefined) declared.add(String(id));
    if (taken)
      source.find([...path, idKey], {
        kind: 'duplicate',
        message: `${idKey} "${String(id)}" is used twice`,
        mend: `give one of the two another ${idKey}`,
      });
    const value = parsePart(source, path, raw, schema);
    if (value !== undefined && !taken) items.push({ path, value });
  });
  return items;
}
