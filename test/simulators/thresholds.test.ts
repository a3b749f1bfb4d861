/** The shipped scenarios of hazards: what they expect comes, and it comes over real wires as in the engine alone. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readScenario } from '#cli/io/simulate.ts';
import { simulateOnWires } from '#cli/io/simulate-wires.ts';
import { isPlayed, type ScenarioInput, type Simulated, simulate, simulateAll } from '#simulators/threshold/sweep.ts';
import { parseVariation } from '#simulators/threshold/vary.ts';
import { runFengsui, top } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';

const folder = join(top, 'simulators', 'scenarios');
const dir = mkdtempSync(join(tmpdir(), 'fengsui-thresholds-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const settings = { countyDir: join(top, 'county'), devicesDir: join(top, 'devices') };
const read = (name: string): ScenarioInput => must(readScenario(settings, join(folder, name), {}));

/** The scenario with other times, so that a test is short: its course stays the same. */
function shortened(name: string, runs: string, poll: string): ScenarioInput {
  const input = read(name);
  const text = input.text
    .replace(/^runs: .*$/m, `runs: ${runs}`)
    .replace(/^poll: .*$/m, `poll: ${poll}`)
    // Only what came is compared here.
    .replace(/^(expect|never|leadAtLeast|warning):.*\n((?: +.*\n)*)/gm, '');
  return { ...input, text };
}

/** By point and hazard: of one instant, places come in the order of their partitions. */
function levelsOf({ verdict }: Simulated): readonly { readonly key: string; readonly atMs: number }[] {
  return verdict.changes
    .map(({ point, hazard, from, level, rule, atMs }) => ({ key: `${point} ${hazard} ${from} ${level} ${rule}`, atMs }))
    .sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1));
}

describe('the shipped scenarios', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it('are those of storms, slopes, a reservoir, fires, and of the county', () => {
    expect(names).toHaveLength(9);
  });

  it.each(names)('%s: what it expects comes', (name) => {
    const { verdict, played, stage } = must(simulate(read(name)));
    expect(verdict.misses).toEqual([]);
    expect(played.readings).toBeGreaterThan(200);
    const { expect: wishes, never, leadAtLeastMs } = stage.scenario.story;
    expect(wishes.length + never.length + (leadAtLeastMs === null ? 0 : 1)).toBeGreaterThan(0);
  });

  it.each(['step-slide-rain.yaml', 'step-slide-drawdown.yaml'])(
    '%s would be red without what keeps steps from it',
    (name) => {
      const guard = must(parseVariation('slope-tangent.measure.stepCap=84,89.9'));
      const trials = must(simulateAll(read(name), [guard]));
      expect(trials.map((trial) => isPlayed(trial) && [trial.verdict.highest, trial.verdict.falseAlarm])).toEqual([
        ['orange', false],
        ['red', true],
      ]);
    },
  );
});

describe('a scenario over real wires', () => {
  it.for([
    ['a storm, with answers that do not come', 'storm-chicago.yaml', '5h', '20m'],
    ['a fire with three heads', 'fire-flaming.yaml', '5m', '15s'],
  ] as const)(
    'gives the same levels as in the engine alone: %s',
    { timeout: 60_000 },
    async ([, name, runs, poll], { expect }) => {
      const input = shortened(name, runs, poll);
      const direct = must(simulate(input));
      const wired = must(await simulateOnWires(input, { dataDir: join(dir, name) }));
      const pollMs = direct.stage.scenario.story.pollMs;
      const [expected, came] = [levelsOf(direct), levelsOf(wired)];
      expect(expected.length).toBeGreaterThan(1);
      expect(came.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
      for (const [index, { atMs }] of came.entries())
        expect(Math.abs(atMs - (expected[index]?.atMs ?? Number.NaN))).toBeLessThanOrEqual(pollMs);
      // On a machine that stands still an answer comes too late; nothing is read twice or not at all.
      expect(wired.played.readings + wired.played.missing).toBe(direct.played.readings + direct.played.missing);
      // An alert stands for every one of them, at its level.
      expect(wired.verdict.misses).toEqual([]);
    },
  );

  it.skipIf(!needs('socat'))(
    "of the county's own buses gives the same too",
    { timeout: 60_000 },
    async ({ expect }) => {
      const input = shortened('county-storm-and-slide.yaml', '4h', '20m');
      const direct = must(simulate(input));
      const wired = must(await simulateOnWires(input, { dataDir: join(dir, 'county') }));
      expect(levelsOf(direct).length).toBeGreaterThan(8);
      expect(levelsOf(wired)).toEqual(levelsOf(direct));
      expect(wired.verdict.misses).toEqual([]);
    },
  );
});

describe('the command', () => {
  it('ends with 0 and a line of JSON when all came, and with 1, what came and why when not', {
    timeout: 60_000,
  }, async () => {
    const good = runFengsui(['simulate', join(folder, 'drizzle.yaml'), '--json'], {});
    expect(await good.exited).toBe(0);
    expect(JSON.parse(good.output().trim().split('\n').at(-1) ?? '')).toMatchObject({
      holds: true,
      highest: 'none',
      misses: [],
    });
    const file = join(dir, 'missed.yaml');
    const rules = join(top, 'county', 'rules', 'rainstorm-national.yaml');
    const { text } = read('storm-chicago.yaml');
    writeFileSync(file, text.replace(/^rules:.*$/m, '').replace('level: red,', 'level: red, from: 4h,'));
    const bad = runFengsui(['simulate', file, '--rules', rules], {});
    expect(await bad.exited).toBe(1);
    expect(bad.output()).toContain('MISSED: red at hill for rainstorm by rainstorm-3h from 4h to 5h');
    expect(bad.output()).toContain('rainfall of');
  });

  it('prints which thresholds hold', { timeout: 60_000 }, async () => {
    const vary = ['--vary', 'storm.totalMm=60..150/45', '--vary', 'rainstorm-3h.red=80,100'];
    const done = runFengsui(['simulate', join(folder, 'storm-chicago.yaml'), ...vary, '--json'], {});
    expect(await done.exited).toBe(0);
    const lines = done.output().trim().split('\n');
    const json = JSON.parse(lines.at(-1) ?? '') as { trials: { values: number[]; highest: string }[] };
    expect(json.trials.map(({ values, highest }) => [...values, highest])).toEqual([
      [60, 80, 'yellow'],
      [60, 100, 'yellow'],
      [105, 80, 'red'],
      [105, 100, 'orange'],
      [150, 80, 'red'],
      [150, 100, 'red'],
    ]);
    expect(lines.at(-2)).toMatch(/^6 combinations: \d hold/);
  });
});
