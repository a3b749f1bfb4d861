/** A board as it is read from its file again, in the parts that tests look at. */

export type Asked = {
  readonly refId: string;
  readonly query: string;
  readonly alias?: string;
  readonly resultFormat?: 'time_series' | 'table';
  readonly datasource: unknown;
};
type Step = { readonly value: number | null; readonly color: string };
export type JsonPanel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource: unknown;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets: readonly Asked[];
  readonly interval?: string;
  readonly timeShift?: string;
  readonly options: unknown;
  readonly fieldConfig: {
    readonly defaults: {
      readonly custom?: unknown;
      readonly unit?: string;
      readonly thresholds?: { readonly mode: string; readonly steps: readonly Step[] };
    };
    readonly overrides: readonly { readonly matcher: { readonly id: string; readonly options?: unknown } }[];
  };
};
export type JsonVariable = {
  readonly name: string;
  readonly type: string;
  readonly query: unknown;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly current: { readonly value: string | readonly string[] };
};
export type JsonBoard = {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly JsonPanel[];
  readonly templating: { readonly list: readonly JsonVariable[] };
  readonly annotations: { readonly list: readonly { readonly target: Asked }[] };
};

/** Functions and undefined are gone, as in a file. */
export const asJson = (dashboard: unknown): JsonBoard => JSON.parse(JSON.stringify(dashboard)) as JsonBoard;

export const isRecord = (raw: unknown): raw is { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);
