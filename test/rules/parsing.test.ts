import { expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import { createEngine } from '#rules/engine.ts';
import { stormRows } from '#test/rules/storm.ts';

/** The same batch in another layout, which the fast reader leaves to the parser. */
const relaidOut = (row: JournalRow): JournalRow =>
  row.kind === 'batch' ? { ...row, body: JSON.stringify(JSON.parse(row.body), null, 1) } : row;

it('judges a batch alike whether its bytes are read as columns or parsed', () => {
  const rows = stormRows(2);
  const fast = createEngine(2);
  const parsed = createEngine(2);
  const decided = rows.flatMap((row) => fast.apply(row));
  expect(decided.length).toBeGreaterThan(20);
  expect(rows.flatMap((row) => parsed.apply(relaidOut(row)))).toEqual(decided);
  expect(parsed.counters()).toEqual(fast.counters());
});
