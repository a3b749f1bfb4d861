/** Fills a small file system with an outbox, then lets something else take what is left, then gives it back. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cycle, level, openOutbox, rain, START_MS, waiting } from './outbox-support.ts';

const dataDir = process.argv[2] ?? '';
const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));
const { outbox, counts } = openOutbox(dataDir, { kindOf });
let raw = 0;
let refused = 0;

/** As the recorder does: the increment counts from the base that is on disk. */
function poll(): void {
  raw++;
  const atMs = START_MS + raw * 2_000;
  const base = outbox.bases().get('rain')?.raw ?? 0;
  const levels = Array.from({ length: 200 }, (_, more) => level(atMs, raw * 100 + more));
  try {
    outbox.commit(
      cycle(atMs, [rain(atMs, raw - base, raw), ...levels], [], { bases: new Map([['rain', { raw, atMs }]]) }),
    );
  } catch {
    refused++;
  }
}
const fallen = (): number =>
  waiting(outbox)
    .flatMap(({ readings }) => readings)
    .reduce((sum, one) => sum + (one.sensorId === 'rain' && one.quality !== 'bad' ? one.value : 0), 0);

for (let at = 0; at < 2_500; at++) poll();
const first = { committed: raw, refused, fallen: fallen() };

const filler = join(dataDir, 'filler');
const file = openSync(filler, 'a');
const takeAll = (): void => {
  for (const size of [65_536, 4_096, 512])
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Nothing of this size is left.
    }
};
refused = 0;
for (let at = 0; at < 30; at++) {
  takeAll();
  poll();
}
const refusedWhileTaken = refused;
closeSync(file);
rmSync(filler);
refused = 0;
for (let at = 0; at < 200; at++) poll();
console.log(
  JSON.stringify({
    ...first,
    diskFull: counts.get('fengsui_edge_outbox_disk_full_total') ?? 0,
    dropped: counts.get('fengsui_edge_outbox_dropped_readings_total') ?? 0,
    refusedWhileTaken,
    refusedAfterwards: refused,
    tips: fallen(),
    counted: raw,
  }),
);
outbox.close(START_MS);
