import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backtestCommand } from '#cli/io/backtest.ts';
import type { BacktestArguments } from '#cli/io/backtest-command.ts';
import { readSetup } from '#cli/io/backtest-input.ts';
import { parseSettings, type Settings } from '#cli/settings.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { MINUTE_MS } from '#model/time.ts';
import { type Finding, isNote, type Transition } from '#model/transition.ts';
import { runBacktest } from '#rules/backtest/run.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { type Box, good } from '#test/e2e/support/box.ts';
import { type Chain, startChain } from '#test/e2e/support/chain.ts';

const START_MS = Date.parse('2026-06-10T00:00:00Z');
const STEP_MS = 10 * MINUTE_MS;
const STEPS = 40;

/** What was judged of data, as a person would compare it: everything but where the row stood. */
const tell = (transitions: readonly Transition[]) =>
  transitions
    .filter(({ evidence }) => evidence.measure !== 'silence')
    .map(({ rule, subject, origin, from, to, condition, atMs, late, reason, evidence }) => ({
      ...{ rule, subject: subject.id, origin, from, to, condition, atMs, late, reason, evidence },
    }));

describe("a backtest of a centre's own history", { timeout: 60_000 }, () => {
  let chain: Chain;
  let box: Box;
  let settings: Settings;
  let origin: Origin;
  const clock = openSteppedClock(START_MS);
  const out = mkdtempSync(join(tmpdir(), 'fengsui-backtest-store-'));

  /** A storm of 60 mm in an hour and a crack that runs; one value is not believed, two are not there. */
  const readingsAt = (step: number): readonly Reading[] => {
    const atMs = START_MS + step * STEP_MS;
    const stamp = { measuredAtMs: atMs, timeQuality: 'synced', flags: [] } as const;
    const rain = good('taoshuwan-rain', atMs, step >= 6 && step < 12 ? 10_000 : step % 7 === 0 ? 200 : 0);
    const crack = good('taoshuwan-crack', atMs, 100 + (step > 10 ? (step - 10) * 600 : 0));
    if (step === 8) return [rain, { ...stamp, sensorId: 'taoshuwan-crack', quality: 'suspect', value: 90_000 }];
    if (step === 30) return [rain, { ...stamp, sensorId: 'taoshuwan-crack', quality: 'bad', reason: 'timeout' }];
    if (step === 31) return [{ ...stamp, sensorId: 'taoshuwan-rain', quality: 'bad', reason: 'sentinel' }, crack];
    return step === 0 ? [{ ...rain, flags: ['first'] } as Reading, crack] : [rain, crack];
  };

  beforeAll(async () => {
    chain = await startChain({
      clock,
      tickMs: STEP_MS,
      edit: (county) => {
        county.keepRules('rainstorm-national', 'slope-displacement');
        // One value that is not there is no silence yet.
        county.edit('points.yaml', (text) =>
          text.replace(/^( *)- id: taoshuwan-(rain|crack)$/gm, '$1- id: taoshuwan-$2\n$1  staleAfter: 30m'),
        );
      },
    });
    box = await chain.box('edge-shiqiao');
    origin = chain.registry.current().edges.get('edge-shiqiao')?.origin ?? 'live';
    for (let step = 0; step < STEPS; step++) {
      await box.send(readingsAt(step));
      // Half of it is in chunks, the rest still in the journal.
      if (step === 20) {
        await chain.stop('ingest');
        await chain.start('ingest');
      }
      await chain.advance(STEP_MS);
    }
    await chain.settled();
    const parsed = parseSettings({ FENGSUI_DATA: out, FENGSUI_COUNTY: chain.county.dir }, process.cwd());
    if (!parsed.ok) throw new Error(parsed.error.join());
    settings = parsed.value;
  }, 60_000);
  afterAll(async () => {
    await chain?.close();
    rmSync(out, { recursive: true, force: true });
  });

  const given = (more: Partial<BacktestArguments> = {}): BacktestArguments => ({
    ...{ rules: [join(chain.county.dir, 'rules')], data: chain.dataDir, origin, json: true },
    ...more,
  });
  const live = (): readonly Transition[] => {
    const reader = openTransitionReader(chain.dataDir);
    const findings: readonly Finding[] = reader.read(0, 10_000).map(({ entry }) => entry);
    reader.close();
    return findings.filter((finding): finding is Transition => !isNote(finding));
  };
  async function command(more: Partial<BacktestArguments>) {
    const lines: string[] = [];
    const errors: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
    const error = vi.spyOn(console, 'error').mockImplementation((line) => void errors.push(String(line)));
    const status = await backtestCommand(settings, given(more)).finally(() => {
      log.mockRestore();
      error.mockRestore();
    });
    return { status, errors: errors.join('\n'), json: () => JSON.parse(lines.at(-1) ?? '') };
  }

  it('says what the live rules said, of the same sensors at the same places and by the same marks', () => {
    const setup = readSetup(settings, given(), () => {});
    if (!setup.ok) throw new Error(JSON.stringify(setup.error));
    const run = runBacktest(setup.value.input);
    if (!run.ok) throw new Error(JSON.stringify(run.error));
    const said = tell(live());
    expect(said.length).toBeGreaterThanOrEqual(5);
    expect(tell(run.value.transitions)).toEqual(said);
    expect([run.value.readings, run.value.missing]).toEqual([78, 2]);
    expect(run.value.flags).toContainEqual(expect.objectContaining({ sensor: 'taoshuwan-crack', flag: 'suspect' }));
  });

  it('ends with its line of JSON in the county’s zone, and reads only the stretch asked for', async () => {
    const whole = await command({});
    expect(whole.status).toBe(0);
    expect(whole.json().changes[0].at).toMatch(/\+08:00$/);
    const before = await command({ to: '2026-06-10T08:40:00+08:00' });
    expect(before.json()).toMatchObject({ changes: [], readings: 10 });
  });

  it('says which origins there are when there is nothing of the one asked for', async () => {
    const other = origin === 'drill' ? 'replay' : 'drill';
    const { status, errors } = await command({ origin: other });
    expect([status, errors]).toEqual([2, expect.stringContaining(`${origin} (80)`)]);
    expect((await command({ origin: 'dreamt' })).errors).toContain('is no origin');
  });

  it('leaves out, and names, sensors that the county does not know', async () => {
    const dir = join(out, 'county');
    cpSync(chain.county.dir, dir, { recursive: true });
    const rename = (name: string) => {
      const text = readFileSync(join(dir, name), 'utf8');
      writeFileSync(join(dir, name), text.replaceAll('taoshuwan-rain', 'replaced-rain'));
    };
    for (const name of readdirSync(dir).filter((file) => file.endsWith('.yaml'))) rename(name);
    const { status, errors, json } = await command({ county: dir });
    expect([status, errors]).toEqual([0, expect.stringMatching(/does not know these sensors: taoshuwan-rain/)]);
    expect(json().readings).toBe(39);
    const inventory = join(out, 'inventory.csv');
    writeFileSync(inventory, 'sensor,quantity,point\ntaoshuwan-rain,rain,taoshuwan\n');
    expect((await command({ county: dir, inventory })).json().readings).toBe(78);
  });
});
