/** What a drill's report rests on, read from the tables of the other parts as it ends. */
import type { DatabaseSync } from 'node:sqlite';
import type { Drill } from '#model/drill.ts';
import type { Evacuation } from '#model/evacuation.ts';
import type { AskedCall, DrillFacts } from '../../drill/report.ts';
import { type CallRow, callOfRow } from '../calls/call-table.ts';
import { HOUSEHOLDS, type ListRow, listOfRows } from '../evacuation/list-table.ts';

const CALLS = `SELECT c.* FROM calls c WHERE c.alert_id IN (SELECT value FROM json_each(?)) ORDER BY c.tier, c.n`;
const DELIVERIES = `SELECT channel, state, count(*) AS n FROM deliveries
WHERE alert_id IN (SELECT value FROM json_each(?)) GROUP BY channel, state ORDER BY channel, state`;
const LISTS = `SELECT id, version, body FROM evacuation_lists
WHERE json_extract(body, '$.alertId') IN (SELECT value FROM json_each(?)) ORDER BY opened_at, id`;
const ALERTS = `SELECT id FROM alerts WHERE origin = 'drill' AND json_extract(body, '$.drill.id') = ? ORDER BY raised_at, id`;

type DeliveryCount = { readonly channel: string; readonly state: string; readonly n: number };

export function openFacts(db: DatabaseSync) {
  const calls = db.prepare(CALLS);
  const deliveries = db.prepare(DELIVERIES);
  const lists = db.prepare(LISTS);
  const households = db.prepare(HOUSEHOLDS);
  const alerts = db.prepare(ALERTS);
  const listsOf = (ids: string): readonly Evacuation[] =>
    (lists.all(ids) as (ListRow & { id: string })[]).map((row) =>
      listOfRows(row, households.all(row.id) as { body: string }[]),
    );
  return {
    /** Every alert of the drill, those that came of others (nobody answered) as well. */
    alertIds: (drillId: string) => (alerts.all(drillId) as { id: string }[]).map(({ id }) => id),
    listsOf: (alertIds: readonly string[]) => listsOf(JSON.stringify(alertIds)),
    of: (drill: Drill): DrillFacts => {
      const ids = JSON.stringify(drill.alertIds);
      return {
        calls: (calls.all(ids) as CallRow[]).map((row): AskedCall => ({ ...callOfRow(row), sentAtMs: row.sent_at })),
        deliveries: deliveries.all(ids) as DeliveryCount[],
        evacuations: listsOf(ids),
      };
    },
  };
}
