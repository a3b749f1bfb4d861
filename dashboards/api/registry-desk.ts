/**
 * What the console asks of the county's own files: whether everybody has his place, a kind of thing as a table, a table
 * taken over. Whoever implements it does not hold up the process: a prefecture takes seconds.
 */
import type { Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

export const REGISTRY_KINDS = ['grids', 'boundaries', 'people', 'households', 'points', 'shelters', 'routes'] as const;
export type RegistryKind = (typeof REGISTRY_KINDS)[number];
export const REGISTRY_FORMATS = ['xlsx', 'csv', 'geojson'] as const;
export type RegistryFormat = (typeof REGISTRY_FORMATS)[number];
/** Tables with names and telephone numbers. */
export const isPersonal = (kind: RegistryKind): boolean => kind === 'people' || kind === 'households';

/** One finding in the county's files; line and column count from 1 and are 0 when unknown. */
export type RegistryFinding = {
  readonly kind: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly mend: string | null;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  /** Of boundaries that do not fit: the grids, how much ground, and a place well inside it. */
  readonly ground: {
    readonly codes: readonly string[];
    readonly areaM2: number;
    readonly lon: number;
    readonly lat: number;
  } | null;
};
export type RegistryCheck = {
  readonly findings: readonly RegistryFinding[];
  readonly looked: { readonly [what: string]: number };
  /** Pieces of ground at most this large are slivers of digitising: counted, not told. */
  readonly toleranceM2: number;
  readonly slivers: { readonly count: number; readonly areaM2: number };
  readonly checkedAtMs: EpochMs;
};

export type RegistryFile = {
  readonly kind: RegistryKind;
  /** The name it has at home: its ending says what it is. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sheet: string | null;
  /** The datum of a map. */
  readonly datum: 'wgs84' | 'gcj02';
};
export type ImportReport = {
  /** The file of the county that the import owns. */
  readonly target: string | null;
  readonly written: boolean;
  /** Whether the county's files would change. */
  readonly changes: boolean;
  readonly counts: {
    readonly new: number;
    readonly changed: number;
    readonly same: number;
    readonly gone: number;
    readonly refused: number;
  } | null;
  readonly refused: readonly {
    readonly file: string;
    readonly sheet: string | null;
    readonly row: number;
    readonly column: string;
    readonly message: string;
    readonly mend: string;
  }[];
  /** Headings that mean nothing here. */
  readonly unknown: readonly string[];
  /** Of an earlier import, not in this one, and left because rows were refused. */
  readonly kept: readonly string[];
  /** Errors that the county would have with it; while there is one, nothing is written. */
  readonly errors: readonly RegistryFinding[];
  /** The file itself cannot be used. */
  readonly unreadable: { readonly message: string; readonly mend: string } | null;
};

export type RegistryTrouble = {
  /** `away`: there are no files here; `busy`, `tooSlow`: later; `wrongFormat`: never. */
  readonly kind: 'away' | 'busy' | 'tooSlow' | 'wrongFormat' | 'failed';
  readonly message: string;
};
type Answer<T> = Promise<Result<T, RegistryTrouble>>;

export interface RegistryDesk {
  readonly check: (nowMs: EpochMs) => Answer<RegistryCheck>;
  readonly exportKind: (
    kind: RegistryKind,
    format: RegistryFormat,
  ) => Answer<{ readonly bytes: Uint8Array; readonly count: number }>;
  /** With `dryRun` nothing is written; without, whole or not at all, and only when the county holds with it. */
  readonly importFile: (file: RegistryFile, dryRun: boolean, nowMs: EpochMs) => Answer<ImportReport>;
}

const AWAY: RegistryTrouble = { kind: 'away', message: 'This console has no folder of the county.' };
/** Of a console that runs without the county's files. */
export const NO_REGISTRY_DESK: RegistryDesk = {
  check: async () => ({ ok: false, error: AWAY }),
  exportKind: async () => ({ ok: false, error: AWAY }),
  importFile: async () => ({ ok: false, error: AWAY }),
};
