/** A recorded series: what one station measured, whatever file it came in; and how a file's lines become one. */
import type { QuantityCode } from '#model/quantity.ts';
import type { Lint, Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { RecordedSensor } from '#rules/backtest/recording.ts';

/** `value`: whole steps of the quantity; for an increment, what fell since the row before. Null: the station had none. */
export type RecordedRow = {
  readonly atMs: EpochMs;
  readonly value: number | null;
  /** The source says that nothing is known from here to the next row, where other left out steps would be dry. */
  readonly opensGap?: true;
};

export type RecordedSeries = {
  readonly sensorId: string;
  readonly quantity: QuantityCode;
  /** The quantity's unit, in which `value` counts steps. */
  readonly unit: string;
  /** IANA zone of the file's own times, for people; `Etc/GMT+7` is UTC−7 all the year. */
  readonly zone: string;
  /** The file's stamps name no offset: they are of `zone` unless somebody says whose they are. */
  readonly localStamps?: true;
  /** In the file's order. A logger's clock that was set back shows as a row that is not later than the one before. */
  readonly rows: readonly RecordedRow[];
  /** The station's step, and what a step that the file leaves out means. */
  readonly stepMs: number;
  readonly omitted: 'dry' | 'missing';
  /** Where it stands, as far as the source says. */
  readonly place?: Pick<RecordedSensor, 'pointId' | 'kind' | 'zone' | 'lon' | 'lat'>;
  /** What a reader of the file should know; warnings, with their lines. */
  readonly notes: readonly Lint[];
};

export type RecordedOptions = {
  /** Default: from the file. */
  readonly sensorId?: string;
};

/** One format: how it is recognised and how it is read. */
export type RecordedFormat = {
  readonly name: string;
  /** Looks at the path and at the first lines only. */
  readonly matches: (file: string, head: string) => boolean;
  readonly parse: (
    file: string,
    text: string,
    options: RecordedOptions,
  ) => Result<readonly RecordedSeries[], readonly Lint[]>;
};

/** A parser that finds more than this many bad lines gives up: the file is of another kind. */
export const MAX_LINTS = 20;

export const lintAt = (file: string, line: number, message: string, severity: Lint['severity'] = 'error'): Lint => ({
  file,
  line,
  column: 1,
  path: '',
  kind: 'recorded',
  message,
  severity,
});

export type TextLine = { readonly number: number; readonly text: string };

/** Lines with their numbers, without the empty ones. */
export function linesOf(text: string): readonly TextLine[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((raw, index) => ({ number: index + 1, text: raw.replace(/\r$/, '') }))
    .filter((line) => line.text.trim() !== '');
}

export type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
};

/** Hour 24 is midnight at the day's end. Undefined when there is no such time. */
export function instantOf(local: LocalTime, utcOffsetHours: number): EpochMs | undefined {
  const { year, month, day, hour, minute } = local;
  if (month < 1 || month > 12 || hour > 24 || minute > 59 || year < 1900 || year > 2100) return undefined;
  const dayMs = Date.UTC(year, month - 1, day);
  if (!Number.isFinite(dayMs) || new Date(dayMs).getUTCDate() !== day) return undefined;
  return dayMs + (hour - utcOffsetHours) * 3_600_000 + minute * 60_000;
}

/** An instant in ISO 8601; NaN for a day that its month does not have, which `Date.parse` would take for the next month's. */
export function instantOfIso(text: string): EpochMs {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const isDay = instantOf({ year, month, day, hour: 0, minute: 0 }, 0) !== undefined;
  return isDay ? Date.parse(text) : Number.NaN;
}

/** Last part of a path without its ending, as a sensor id. */
export function idFromFile(file: string): string {
  const name = file.split('/').at(-1) ?? file;
  return (
    name
      .replace(/\.[^.]*$/, '')
      .replace(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 64) || 'recorded'
  );
}

/** A note for every row that does not come after the one before it. */
export function clockNotes(file: string, rows: readonly (RecordedRow & { readonly line: number })[]): readonly Lint[] {
  return rows.flatMap((row, index) => {
    const before = rows[index - 1];
    if (before === undefined || row.atMs > before.atMs) return [];
    const minutes = Math.round((before.atMs - row.atMs) / 60_000);
    return [lintAt(file, row.line, `the logger's clock went back by ${minutes} min here`, 'warning')];
  });
}
