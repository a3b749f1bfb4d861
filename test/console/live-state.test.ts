import { describe, expect, it } from 'vitest';
import { createLiveState } from '#dashboards/api/io/live-state.ts';
import { encodeBatch } from '#model/batch.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import type { Registry, Sensor } from '#model/registry.ts';

const START = Date.UTC(2026, 6, 1);
const sensors = new Map(
  Array.from({ length: 300 }, (_, index): [string, Sensor] => {
    const id = `s${index}`;
    const names = { zh: id, en: id };
    return [id, { id, pointId: `p${index}`, edgeId: 'e', quantity: 'level', name: names, staleAfterMs: 60_000 }];
  }),
);

const rowOf = (pos: number, index: number): JournalRow => ({
  kind: 'batch',
  partition: 3,
  pos,
  receivedAtMs: START + pos,
  edgeId: 'e',
  epoch: 'p',
  seq: index + 1,
  origin: 'live',
  body: encodeBatch({
    edgeId: 'e',
    epoch: 'p',
    seq: index + 1,
    bootId: 'b',
    monoMs: 1,
    writtenAtMs: START,
    timeQuality: 'synced',
    inventoryVersion: 'i',
    events: [],
    readings: [
      { sensorId: `s${index}`, measuredAtMs: START, timeQuality: 'synced', quality: 'good', value: index, flags: [] },
    ],
  }),
});

/** Rows that come after the state has begun at position 10. */
function stateOver(rows: readonly JournalRow[]) {
  let head = 10;
  const journal: JournalReader = {
    heads: () => new Map([[3, head]]),
    read: (_, afterPos, limit) => rows.filter((row) => row.pos > afterPos).slice(0, limit),
    onWake: () => () => {},
    close: () => {},
  };
  const history = { range: () => [], latest: () => new Map(), counts: () => new Map(), close: () => {} };
  const registry = { current: () => ({ sensors }) as unknown as Registry, onChange: () => () => {} };
  const state = createLiveState({ journal, history, registry });
  head = rows.at(-1)?.pos ?? head;
  return state;
}

function drainAll(state: ReturnType<typeof stateOver>): number {
  let seen = 0;
  for (let more = true; more; ) {
    const drained = state.drain();
    seen += drained.changed.length;
    more = drained.more;
  }
  return seen;
}

describe('the live feed over a journal', () => {
  it('shows every row of a burst after positions have leapt ahead, as they do when the journal is opened anew', () => {
    const state = stateOver(Array.from({ length: 300 }, (_, index) => rowOf(500_000 + index, index)));
    expect(state.behindRows()).toBe(300);
    expect(drainAll(state)).toBe(300);
    expect(state.behindRows()).toBe(0);
  });

  it('jumps to the present when it is really far behind', () => {
    const state = stateOver(Array.from({ length: 25_000 }, (_, index) => rowOf(11 + index, index % 300)));
    expect(state.behindRows()).toBe(25_000);
    expect(drainAll(state)).toBeLessThanOrEqual(100);
  });
});
