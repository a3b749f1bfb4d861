/** Counts for a report: who was asked and answered, and how far the evacuation is. Read from the tables of their parts. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallState } from '#model/call.ts';
import type { HouseholdState } from '#model/evacuation.ts';
import type { Figures } from '../../reports/wording.ts';

type Count = { readonly state: string; readonly n: number; readonly people: number };
const ANSWERED: readonly CallState[] = ['answered', 'reached'];
const SAFE: readonly HouseholdState[] = ['moved', 'safe', 'returned'];

const CALLS = `SELECT state, count(*) AS n, 0 AS people FROM calls WHERE alert_id = ?1
AND round = (SELECT max(round) FROM calls WHERE alert_id = ?1) GROUP BY state`;
const HOUSEHOLDS = `SELECT json_extract(h.body, '$.state') AS state, count(*) AS n, sum(json_extract(h.body, '$.people')) AS people
FROM evacuation_households h JOIN evacuation_lists l ON l.id = h.list WHERE json_extract(l.body, '$.alertId') = ?1 GROUP BY 1`;

/** A stage without one of those parts has none of its counts. */
function prepared(db: DatabaseSync, sql: string): StatementSync | null {
  try {
    return db.prepare(sql);
  } catch {
    return null;
  }
}

export function openFigures(db: DatabaseSync): (alertId: string, told: number) => Figures {
  const calls = prepared(db, CALLS);
  const households = prepared(db, HOUSEHOLDS);
  const sum = (rows: readonly Count[], states: readonly string[], of: 'n' | 'people'): number =>
    rows.filter(({ state }) => states.includes(state)).reduce((all, row) => all + row[of], 0);
  return (alertId, told) => {
    const asked = (calls?.all(alertId) ?? []) as Count[];
    const moved = (households?.all(alertId) ?? []) as Count[];
    const total = (rows: readonly Count[], of: 'n' | 'people') => rows.reduce((all, row) => all + row[of], 0);
    return {
      asked: Math.max(told, total(asked, 'n')),
      answered: sum(asked, ANSWERED, 'n'),
      silent: sum(asked, ['silent'], 'n'),
      evacuation:
        moved.length === 0
          ? null
          : { households: total(moved, 'n'), people: total(moved, 'people'), safe: sum(moved, SAFE, 'people') },
    };
  };
}
