/** A journal in memory with a storm in it, the same at every start: what the crash test's processes read. */
import type { JournalReader, JournalRow } from '#model/journal.ts';
import { HOUR, limits, MINUTE, rowMaker, rule, setOf, sum, T0 } from '#test/rules/rows.ts';

export const PARTITIONS = [2, 5];
export const ROWS = 1_500;

const SENSORS = Array.from({ length: 8 }, (_, index) => ({ id: `rain-${index}`, quantity: 'rain' as const }));

export function stormRows(partition: number): readonly JournalRow[] {
  const make = rowMaker(partition);
  const rules = SENSORS.flatMap(({ id }) => [
    rule('h1@1', id, sum(HOUR), limits({ blue: 20, yellow: 30, orange: 40, red: 60 })),
    rule('h3@1', id, sum(3 * HOUR), limits({ blue: 50, red: 90 })),
  ]);
  const rows: JournalRow[] = [make.rules(setOf(SENSORS, rules))];
  while (rows.length < ROWS) {
    const minute = rows.length;
    const wave = Math.sin(minute / 40 + partition) > 0.3 ? 1 : 0;
    const values = SENSORS.map(({ id }, index) => ({
      ...{ id, atMs: T0 + minute * MINUTE - ((minute * 7 + index) % 11 === 0 ? 20 * MINUTE : 0) },
      value: wave * ((minute + index) % 3),
    }));
    rows.push(minute % 10 === 0 ? make.tick(T0 + minute * MINUTE) : make.batch(values, T0 + minute * MINUTE));
  }
  return rows;
}

/** Hands out few rows at a time, so that there are many commits to die after. */
export function stormJournal(): JournalReader {
  const rows = new Map(PARTITIONS.map((partition) => [partition, stormRows(partition)]));
  return {
    heads: () => new Map(PARTITIONS.map((partition) => [partition, ROWS])),
    read: (partition, afterPos) => rows.get(partition)?.slice(afterPos, afterPos + 15) ?? [],
    onWake: (wake) => {
      const timer = setInterval(wake, 5);
      return () => clearInterval(timer);
    },
    close: () => {},
  };
}
