import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headsPath, readHeadFile } from '#alerts/io/anchor/head-file.ts';
import { keyPath, readPublicKey } from '#alerts/io/anchor/key.ts';
import { openSigner, type Signer } from '#alerts/io/anchor/signer.ts';
import { auditLedger } from '#alerts/io/verify.ts';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { stageContext, until } from '#test/alerts/support.ts';
import { at, openRecord, type Record } from '#test/life/record.ts';

let record: Record;
let stop: AbortController;
const running: { readonly signer: Signer; readonly loop: Promise<void> }[] = [];
const clock = openSteppedClock(at(0));
const anchor = () => `${record.dataDir}.anchors/heads.jsonl`;
const heads = (file: string): readonly number[] => (readHeadFile(file)?.heads ?? []).map(({ seq }) => seq);
const newest = (file: string): number => heads(file).at(-1) ?? -1;

function start(): Signer {
  const { context } = stageContext(clock);
  const signer = openSigner(
    { dataDir: record.dataDir, anchorFile: anchor(), everyMs: 60_000, everyEntries: 8 },
    context,
  );
  running.push({ signer, loop: signer.run(stop.signal) });
  return signer;
}
async function end(): Promise<void> {
  stop.abort();
  for (const { signer, loop } of running.splice(0)) {
    await loop;
    signer.close();
  }
  stop = new AbortController();
}
beforeEach(() => {
  record = openRecord(sampleRegistry([CONSOLE]));
  stop = new AbortController();
});
afterEach(async () => {
  await end();
  rmSync(dirname(anchor()), { recursive: true, force: true });
  record.close();
});
const audit = () => auditLedger({ dataDir: record.dataDir, anchorFile: anchor(), anchorNamed: true });

describe('signed heads', () => {
  it('begin with the first start, under a key that only its owner reads', () => {
    start();
    expect(heads(headsPath(record.dataDir))).toEqual([0]);
    expect(heads(anchor())).toEqual([0]);
    expect(statSync(keyPath(record.dataDir)).mode & 0o777).toBe(0o600);
    expect(readPublicKey(record.dataDir)?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('follow after a while, at once after many entries, and at the end', async () => {
    start();
    record.sees({ to: 'blue' }, 0);
    clock.advanceTo(clock.nowMs() + 61_000);
    await until('the head after a while', () => newest(anchor()) === record.reader.head());
    for (let n = 1; n <= 4; n++) record.sees({ to: 'blue', point: `P${n}`, hazard: 'flood' }, n);
    await until('the head after many entries', () => newest(anchor()) === record.reader.head());
    record.sees({ from: 'blue', to: 'none', hazard: 'flood' }, 6);
    await end();
    expect(newest(anchor())).toBe(record.reader.head());
    expect(audit()).toMatchObject({ ok: true, value: { head: { seq: record.reader.head() } } });
  });

  it('reach the file outside when it can be written again, none left out', async () => {
    mkdirSync(anchor(), { recursive: true }); // A folder where the file should be: nothing can be written there.
    start();
    record.sees({ to: 'blue' }, 0);
    await end();
    expect(heads(headsPath(record.dataDir))).toHaveLength(2);
    rmSync(anchor(), { recursive: true });
    start();
    await until('what was missed', () => existsSync(anchor()));
    expect(heads(anchor())).toEqual(heads(headsPath(record.dataDir)));
  });

  it('stand after a crash in the middle of a line', async () => {
    start();
    await end();
    const whole = readFileSync(anchor(), 'utf8');
    writeFileSync(anchor(), `${whole}{"seq":9,"ha`);
    record.sees({ to: 'blue' }, 0);
    start();
    await end();
    expect(newest(anchor())).toBe(record.reader.head());
    expect(audit()).toMatchObject({ ok: true, value: { notes: [expect.stringContaining('line 2')] } });
  });

  it('of another ledger are set aside when a data folder begins anew, and stay readable', async () => {
    start();
    record.sees({ to: 'blue' }, 0);
    await end();
    const { dataDir } = record;
    record.stop();
    rmSync(dataDir, { recursive: true });
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o700);
    const again = openRecord(sampleRegistry([CONSOLE]));
    const { context } = stageContext(clock);
    openSigner({ dataDir: again.dataDir, anchorFile: anchor() }, context).close();
    expect(heads(anchor())).toEqual([0]);
    expect(readdirSync(dirname(anchor()))).toHaveLength(2);
    again.close();
  });
});
