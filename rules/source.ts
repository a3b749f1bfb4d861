/** Reads a rule file: YAML with the place of everything in it, so that each finding names file, line and column. */
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Lint } from '#model/result.ts';
import { type RuleEntry, type RuleFile, ruleEntry, ruleFile } from './schema.ts';

export type Path = readonly (string | number)[];

/** Takes down a finding at a place of one file. */
export type Report = (
  path: Path,
  finding: {
    readonly kind: string;
    readonly message: string;
    readonly mend?: string;
    readonly severity?: Lint['severity'];
  },
) => void;

export type Source = {
  readonly file: string;
  /** Undefined when its form is wrong; the findings say where. */
  readonly content: RuleFile | undefined;
  /** Of a file whose form is wrong somewhere: the rules that are sound by themselves, so that they are looked at all the same. */
  readonly rest: readonly { readonly entry: RuleEntry; readonly index: number }[];
  readonly report: Report;
};

export const pathText = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');

/** Offset of the node at a path; of its key, when a map has it; else of the nearest parent that exists. */
function offsetOf(document: Document, path: Path): number {
  const last = path.at(-1);
  const parent = path.length === 0 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    if (pair !== undefined && isScalar(pair.key)) {
      const value = document.getIn(path, true);
      const place = isScalar(value) ? value.range : pair.key.range;
      if (place !== undefined && place !== null) return place[0];
    }
  }
  const node = document.getIn(path, true) as { range?: readonly number[] | null } | undefined;
  const at = node?.range?.[0];
  if (at !== undefined) return at;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

/** Parses one file; what is wrong goes to `lints`, all at once. */
export function readSource(file: string, text: string, lints: Lint[]): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, maxAliasCount: 100 } as never);
  const report: Report = (path, { kind, message, mend, severity = 'error' }) => {
    const { line, col } = lines.linePos(offsetOf(document, path));
    const found: Lint = { file, line, column: col, path: pathText(path), kind, message, severity };
    lints.push(mend === undefined ? found : { ...found, mend });
  };
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    const mend = 'look at the brackets, quotes, colons and indentation here';
    lints.push({ file, line, column: col, path: '', kind: 'yaml', message: error.message, mend, severity: 'error' });
  }
  if (document.errors.length > 0) return { file, content: undefined, rest: [], report };
  const raw: unknown = document.toJS() ?? {};
  const parsed = ruleFile.safeParse(raw);
  if (parsed.success) {
    // A file cut off while it was written must not take its rules away from the running set.
    if (parsed.data.rules === undefined && parsed.data.silence === undefined)
      report([], {
        kind: 'empty',
        message: 'the file has no rule',
        mend: 'write rules: with a list, or remove the file',
      });
    return { file, content: parsed.data, rest: [], report };
  }
  for (const issue of parsed.error.issues) reportIssue(report, issue);
  return { file, content: undefined, rest: soundRules(raw), report };
}

function soundRules(raw: unknown): Source['rest'] {
  const rules: unknown = typeof raw === 'object' && raw !== null && 'rules' in raw ? raw.rules : undefined;
  return (Array.isArray(rules) ? rules : []).flatMap((one: unknown, index) => {
    const { data } = ruleEntry.safeParse(one);
    return data === undefined ? [] : [{ entry: data, index }];
  });
}

type Issue = {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
};

/** Of what is left out most. */
const EXAMPLES: { readonly [name: string]: string } = {
  window: 'window: 3h',
  kind: 'kind: value',
  id: 'id: slope-crack',
  title: 'title: { zh: 裂缝, en: crack }',
  quantity: 'quantity: rain',
  measure: 'measure: { kind: value }',
};

function reportIssue(report: Report, issue: Issue): void {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys ?? [])
      report([...path, key], { kind: 'unknown-key', message: `"${key}" is not known here`, mend: 'mend or remove it' });
    return;
  }
  if (issue.code === 'invalid_union' && path.at(-2) === 'levels') {
    report(path, { kind: 'shape', message: 'a level is a number or { limit, deadband, onDelay, offDelay }' });
    return;
  }
  if (/received undefined$/.test(issue.message)) {
    const name = String(path.at(-1) ?? '');
    const mend = EXAMPLES[name];
    const finding = { kind: 'shape', message: `${name} is missing` };
    report(path, mend === undefined ? finding : { ...finding, mend: `add e.g. ${mend}` });
    return;
  }
  report(path, { kind: 'shape', message: issue.message });
}
