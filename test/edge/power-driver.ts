/** A process that does with an outbox what an edge does, and says after each step what then must be on disk. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Outbox } from '#edge/io/outbox.ts';
import { openSendQueue } from '#edge/io/send-queue.ts';
import { decodeBatch } from '#model/batch.ts';
import { cycle, level, openOutbox, rain, START_MS } from './outbox-support.ts';

export const POWER_BOUND = 190_000;
export const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));

/** All that the outbox holds, in one line: two outboxes with the same line are the same. */
export function summaryOf(outbox: Outbox): string {
  const rows = outbox.waiting(0, Number.MAX_SAFE_INTEGER, 100_000);
  const hash = createHash('sha256');
  let fallen = 0;
  for (const { seq, sent } of rows) {
    const body = outbox.read(seq)?.body ?? '';
    hash.update(`${seq} ${sent} ${body}\n`);
    const batch = decodeBatch(body);
    if (!batch.ok) throw new Error(`batch ${seq} is none: ${batch.error.message}`);
    for (const reading of batch.value.readings)
      if (reading.sensorId === 'rain' && reading.quality !== 'bad') fallen += reading.value;
  }
  const base = outbox.bases().get('rain')?.raw ?? 0;
  const { judgedSeq, snapshotSeq, snapshot } = outbox.engineState() ?? {};
  return JSON.stringify({
    epoch: outbox.epoch,
    nextSeq: outbox.nextSeq,
    rows: rows.length,
    digest: hash.digest('hex'),
    base,
    fallen,
    note: outbox.note('sl651/1/last') ?? null,
    engine: judgedSeq === undefined ? null : [judgedSeq, snapshotSeq, snapshot?.[0] ?? null],
  });
}

/** Rain since the first reading is what the counter stands at: every tip is one, whatever was thinned. */
function run(dataDir: string, steps: number): void {
  const { outbox } = openOutbox(dataDir, { maxBytes: POWER_BOUND, kindOf });
  const say = () => writeSync(1, `MARK ${summaryOf(outbox)}\n`);
  say();
  for (let at = 1; at <= steps; at++) {
    const atMs = START_MS + at * 2_000;
    const levels = Array.from({ length: 30 }, (_, more) => level(atMs, at * 100 + more));
    outbox.commit(
      cycle(atMs, [rain(atMs, 1, at), ...levels], [], {
        bases: new Map([['rain', { raw: at, atMs }]]),
        notes: [{ key: 'sl651/1/last', value: String(at) }],
        ...(at % 10 === 0 ? { engine: { judgedSeq: 'cycle' as const, snapshot: Uint8Array.of(at % 256) } } : {}),
      }),
    );
    say();
    // Now and then a page of backlog is raised, as when the uplink comes for a moment.
    if (at % 60 === 0) {
      openSendQueue(outbox).next();
      say();
    }
  }
  outbox.close(START_MS + steps * 2_000);
  writeSync(1, 'CLOSED\n');
}

if (process.argv[1] === import.meta.filename) {
  // A weaker setting shows that the proof can fail.
  const weaker = process.env['POWER_SYNCHRONOUS'];
  if (weaker !== undefined) {
    const exec = DatabaseSync.prototype.exec;
    DatabaseSync.prototype.exec = function patched(sql) {
      exec.call(this, sql.replace('synchronous=FULL', `synchronous=${weaker}`));
    };
  }
  run(process.argv[2] ?? '', Number(process.argv[3]));
}
