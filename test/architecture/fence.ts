/** The fence: who may import whom, and what a pure file may not touch. */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { blankLiterals, findComputedImports, findImports, type Import } from '#test/architecture/source.ts';

export type SourceFile = { readonly path: string; readonly text: string };
export type Violation = { readonly path: string; readonly line: number; readonly what: string };

export const STAGES = [
  'model',
  'edge',
  'broker',
  'ingest',
  'rules',
  'alerts',
  'dashboards',
  'simulators',
  'cli',
  'test',
] as const;
type Stage = (typeof STAGES)[number];

/** Beside `model/` and itself: edge and simulators use the pure engine of rules; cli and test know all. */
const MAY_IMPORT: { readonly [S in Stage]: readonly Stage[] } = {
  model: [],
  edge: ['model', 'rules'],
  broker: ['model'],
  ingest: ['model'],
  rules: ['model'],
  alerts: ['model'],
  dashboards: ['model'],
  simulators: ['model', 'rules'],
  cli: STAGES,
  test: STAGES,
};

/** Packages without I/O of their own, which pure files may use. */
const PURE_PACKAGES = new Set([
  '@marcbachmann/cel-js',
  'zod',
  'yaml',
  'zod-openapi',
  'flatbush',
  '@turf/boolean-point-in-polygon',
  'polyclip-ts',
  'geojson',
  '@grafana/grafana-foundation-sdk',
]);

const IMPURE: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'reads the clock',
    pattern:
      /\bDate\.now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s\w(]))|(?<!new\s)(?<![\w.])Date\s*\(\s*\)|\bperformance\s*\./g,
  },
  { what: 'uses randomness', pattern: /\bMath\.random\b|(?<![\w.])crypto\s*\./g },
  {
    what: 'touches the environment or process',
    pattern: /(?<![\w.])process\s*[.[]|\bglobalThis\b|\bimport\.meta\.(?:env|dirname|filename|url)\b/g,
  },
  { what: 'uses timers', pattern: /(?<![\w.])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/g },
  { what: 'does I/O', pattern: /(?<![\w.])(?:fetch|WebSocket|EventSource)\s*\(|(?<![\w.])console\s*\./g },
];

const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');

/** The browser's page, build scripts and tests are not held to purity; `io/` and `main.ts` are where effects live. */
export function isPure(path: string): boolean {
  if (isTest(path) || path.endsWith('.mjs') || path.endsWith('.config.ts')) return false;
  if (path.startsWith('dashboards/console/')) return false;
  return !/(?:^|\/)io\//.test(path) && !/(?:^|\/)(?:main|bin)\.ts$/.test(path);
}

const stageOf = (path: string): Stage | undefined => STAGES.find((stage) => path.startsWith(`${stage}/`));

function resolveInside(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  return undefined;
}

function checkCrossing(file: SourceFile, stage: Stage, found: Import): string | undefined {
  const target = resolveInside(file.path, found.specifier);
  if (target === undefined) return undefined;
  const other = stageOf(target);
  if (other === undefined)
    return target.startsWith('..') ? `${found.form} of ${found.specifier} leaves the project` : undefined;
  if (other === stage) return undefined;
  if (isTest(file.path) && target.startsWith('test/support/')) return undefined;
  if (!MAY_IMPORT[stage].includes(other)) return `${found.form} of ${found.specifier}: ${stage} may not know ${other}`;
  const engineOnly = other === 'rules' && (stage === 'edge' || stage === 'simulators');
  if (engineOnly && !isPure(target))
    return `${found.form} of ${found.specifier}: ${stage} may use the pure engine of rules only`;
  return undefined;
}

function checkPurity(file: SourceFile, found: Import): string | undefined {
  if (found.typeOnly) return undefined;
  const { specifier, form } = found;
  if (specifier.startsWith('node:') || isBuiltin(specifier)) return `${form} of ${specifier} in a pure file`;
  const target = resolveInside(file.path, specifier);
  if (target !== undefined)
    return isPure(target) ? undefined : `${form} of ${specifier}: a pure file uses an impure one`;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return PURE_PACKAGES.has(name) ? undefined : `${form} of package ${name} in a pure file`;
}

/** All that is wrong with one file. */
export function checkFile(file: SourceFile): Violation[] {
  const stage = stageOf(file.path);
  if (stage === undefined) return [];
  const violations: Violation[] = [];
  const add = (line: number, what: string | undefined) => {
    if (what !== undefined) violations.push({ path: file.path, line, what });
  };
  const pure = isPure(file.path);
  for (const found of findImports(file.text)) {
    add(found.line, checkCrossing(file, stage, found));
    if (pure) add(found.line, checkPurity(file, found));
  }
  if (pure) {
    for (const line of findComputedImports(file.text)) add(line, 'computed dynamic import in a pure file');
    const code = blankLiterals(file.text);
    for (const { what, pattern } of IMPURE) {
      for (const match of code.matchAll(pattern))
        add(code.slice(0, match.index).split('\n').length, `${what} (${match[0].trim()}) in a pure file`);
    }
  }
  return violations;
}
