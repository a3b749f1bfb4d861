/** Reads a file of rule tests: YAML with the place of everything in it, so that each finding names file, line and column. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Lint } from '#model/result.ts';
import { type Path, pathText, type Report } from '../source.ts';
import { type TestFile, testFile } from './schema.ts';

export type TestSource = {
  readonly file: string;
  /** Undefined when its form is wrong; the findings say where. */
  readonly content: TestFile | undefined;
  readonly report: Report;
  /** Where a part of it stands. */
  readonly placeOf: (path: Path) => { readonly line: number; readonly column: number };
};

/** The node at a path, the key where that is what was written, or what is nearest above. */
function offsetOf(document: Document, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === step)?.key
      : undefined;
    const at = isScalar(node) || !isNode(key) ? node : key;
    if (isNode(at) && at.range !== undefined && at.range !== null) return at.range[0];
  }
  return 0;
}

type Issue = {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
};

function reportIssue(report: Report, issue: Issue): void {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys ?? [])
      report([...path, key], { kind: 'unknown-key', message: `"${key}" is not known here`, mend: 'mend or remove it' });
    return;
  }
  if (issue.message.endsWith('received undefined')) {
    report(path, { kind: 'missing', message: `"${String(path.at(-1))}" is missing`, mend: 'see docs/rules.md' });
    return;
  }
  report(path, { kind: 'shape', message: issue.message.replace(/^Invalid input: /, '') });
}

/** Parses one file; what is wrong goes to `lints`, all at once. */
export function readTestFile(file: string, text: string, lints: Lint[]): TestSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf: TestSource['placeOf'] = (path) => {
    const { line, col } = lines.linePos(offsetOf(document, path));
    return { line, column: col };
  };
  const report: Report = (path, { kind, message, mend, severity = 'error' }) => {
    const found: Lint = { file, ...placeOf(path), path: pathText(path), kind, message, severity };
    lints.push(mend === undefined ? found : { ...found, mend });
  };
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    lints.push({ file, line, column: col, path: '', kind: 'yaml', message: error.message, severity: 'error' });
  }
  if (document.errors.length > 0) return { file, content: undefined, report, placeOf };
  const parsed = testFile.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (parsed.success) return { file, content: parsed.data, report, placeOf };
  for (const issue of parsed.error.issues) reportIssue(report, issue);
  return { file, content: undefined, report, placeOf };
}
