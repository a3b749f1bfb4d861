/** An outbox at its bound whose uplink comes and goes; what is written to the standard output has arrived at the centre. */
import { writeSync } from 'node:fs';
import { openSendQueue } from '#edge/io/send-queue.ts';
import { cycle, level, openOutbox, rain, START_MS } from './outbox-support.ts';

const [, , dataDir = '', round = '0', mode] = process.argv;
const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));
const { outbox } = openOutbox(dataDir, { maxBytes: 300_000, kindOf });
const queue = openSendQueue(outbox);
let raw = outbox.bases().get('rain')?.raw ?? 0;
let random = Number(round) + 1;
const chance = (): number => {
  random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
  return random / 2 ** 31;
};

/** One tip a cycle, counted from the base that is on disk. */
function poll(): void {
  raw++;
  const atMs = START_MS + raw * 2_000;
  const levels = Array.from({ length: 20 }, (_, more) => level(atMs, raw * 100 + more));
  outbox.commit(cycle(atMs, [rain(atMs, 1, raw), ...levels], [], { bases: new Map([['rain', { raw, atMs }]]) }));
}
function send(mayStop: boolean): void {
  queue.restart(false);
  for (let batch = queue.next(); batch !== undefined; batch = queue.next()) {
    writeSync(1, `${batch.body}\n`);
    if (mayStop && chance() < 0.3) continue;
    outbox.noteAcked([[batch.seq, batch.seq]]);
    queue.settle(batch.seq, batch.seq);
    if (mayStop && chance() < 0.1) return;
  }
}

writeSync(1, 'begun\n');
if (mode === 'drain') {
  send(false);
  outbox.close(START_MS);
  writeSync(1, `RAW ${raw}\n`);
} else
  for (;;) {
    poll();
    writeSync(1, 'committed\n');
    if (chance() < 0.02) send(true);
  }
