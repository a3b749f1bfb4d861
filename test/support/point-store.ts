/** Points as a time series database keeps them: one a series and instant, fields written later join or replace. */
import type { FieldValue, Point } from '#test/support/line-protocol.ts';

type Kind = FieldValue['kind'];
export type PointStore = {
  readonly add: (point: Point) => void;
  /** The field that has another type than it had before, which is refused. */
  readonly conflictOf: (point: Point) => { readonly field: string; readonly was: Kind; readonly is: Kind } | undefined;
  /** By series, then by time. */
  readonly points: () => readonly Point[];
  readonly clear: () => void;
};

export function createPointStore(): PointStore {
  const series = new Map<string, Map<bigint, Point>>();
  const kinds = new Map<string, Kind>();
  return {
    add: (point) => {
      const key = JSON.stringify([point.name, point.tags]);
      const times = series.get(key) ?? new Map<bigint, Point>();
      series.set(key, times);
      const fields = new Map([...(times.get(point.timeNs)?.fields ?? []), ...point.fields]);
      times.set(point.timeNs, { ...point, fields: [...fields] });
      for (const [field, { kind }] of point.fields) kinds.set(`${point.name}\n${field}`, kind);
    },
    conflictOf: (point) => {
      for (const [field, { kind }] of point.fields) {
        const was = kinds.get(`${point.name}\n${field}`);
        if (was !== undefined && was !== kind) return { field, was, is: kind };
      }
      return undefined;
    },
    points: () =>
      [...series.values()].flatMap((times) => [...times.values()].sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1))),
    clear: () => {
      series.clear();
      kinds.clear();
    },
  };
}
