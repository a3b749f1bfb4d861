import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexRegistry } from '#alerts/directory.ts';
import { applyStep, closeDrillAlert } from '#alerts/drill/outcome.ts';
import { checkPlan, nextDueMs, stepTransition } from '#alerts/drill/plan.ts';
import type { Episode, World } from '#alerts/episode.ts';
import { alertKey, applyTransition } from '#alerts/lifecycle.ts';
import { sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import { parseDrill } from '#cli/load/drills.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { Drill } from '#model/drill.ts';
import type { LevelOrNone } from '#model/level.ts';
import { MINUTE_MS } from '#model/time.ts';

const folder = new URL('../../county/', import.meta.url).pathname;

describe('the plans of drills', () => {
  const county = readCounty(folder, Date.UTC(2026, 5, 1));
  const parse = (file: string, content: string) => {
    if (!county.ok) throw new Error('the sample county is broken');
    return parseDrill(file, content, county.value, checkPlan);
  };

  it('of the sample county can be run', () => {
    const files = readdirSync(`${folder}drills`);
    for (const file of files) {
      const plan = parse(file, readFileSync(`${folder}drills/${file}`, 'utf8'));
      expect([file, plan.ok ? [] : plan.error]).toEqual([file, []]);
    }
    expect(files.length).toBeGreaterThanOrEqual(2);
  });

  it('are refused with every mistake at its line', () => {
    const wrong = `name: { zh: 演练, en: drill }
grid: "451099102"
ends: 10m
steps:
  - { after: 0s, point: longtan, hazard: flood, level: none, reason: { zh: a, en: a } }
  - { after: 20m, point: nowhere, hazard: flood, level: red, reason: { zh: a, en: a } }
  - { after: 5m, point: taoshuwan, hazard: flood, level: red, reason: { zh: a, en: a } }
`;
    const plan = parse('x.yaml', wrong);
    const found = plan.ok ? [] : plan.error.map(({ line, message }) => `${line} ${message}`);
    expect(found).toEqual([
      '5 there is nothing yet that could be over',
      '6 there is no point nowhere',
      '6 a step comes before the end of the drill',
      expect.stringMatching(/^7 .* does not lie in the drill’s grid 451099102$/),
      '7 steps stand in the order of their times',
    ]);
    expect(parse('x.yaml', 'name: drill\n').ok).toBe(false);
  });
});

const LEVELS = ['none', 'blue', 'yellow', 'orange', 'red'] as const;
type Step = { readonly drill: boolean; readonly level: LevelOrNone; readonly point: 'P1' | 'P2' };

describe('a drill beside the real thing', () => {
  const directory = indexRegistry(sampleRegistry());

  /** Runs the steps through the pure core; what is left of the alerts of one origin. */
  function run(steps: readonly Step[], withDrill: boolean): ReadonlyMap<string, Episode> {
    const open = new Map<string, Episode>();
    const before = new Map<string, LevelOrNone>();
    const drillSteps: Drill['steps'] = steps.flatMap(({ drill, level, point }, n) =>
      drill
        ? [{ afterMs: n * MINUTE_MS, pointId: point, hazard: 'landslide', level, reason: { zh: '演练', en: 'drill' } }]
        : [],
    );
    let done = 0;
    steps.forEach(({ drill, level, point }, n) => {
      const nowMs = T0 + n * MINUTE_MS;
      const world: World = { directory, nowMs, newId: ({ id }) => id };
      if (drill) {
        const step = stepTransition({ id: 'd1', steps: drillSteps, startedAtMs: T0 }, done++, nowMs);
        if (!withDrill || step === undefined) return;
        const key = alertKey({ subject: step.subject, hazard: step.hazard, origin: 'drill' });
        const { episode } = applyStep(
          { id: 'd1', broadcast: false },
          step,
          { open: open.get(key), ended: undefined },
          world,
        );
        if (episode !== null) open.set(key, episode);
        return;
      }
      const one = transition({ n, from: before.get(point) ?? 'none', to: level, point });
      before.set(point, level);
      const key = alertKey(one);
      const { episode } = applyTransition(one, { open: open.get(key), ended: undefined }, world);
      if (episode !== null) open.set(key, episode);
    });
    if (!withDrill) return open;
    const world: World = { directory, nowMs: T0 + 1e9, newId: ({ id }) => id };
    for (const [key, episode] of open) {
      const outcome = closeDrillAlert(episode, 'd1', 'alerts', world);
      if (outcome?.episode !== undefined && outcome.episode !== null) open.set(key, outcome.episode);
    }
    return open;
  }

  it('never changes what is real, in whatever order things happen, and leaves nothing of itself open', () => {
    const step = fc.record({
      drill: fc.boolean(),
      level: fc.constantFrom(...LEVELS),
      point: fc.constantFrom('P1' as const, 'P2' as const),
    });
    let drilled = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const live = (all: ReadonlyMap<string, Episode>) => [...all].filter(([, { alert }]) => alert.origin === 'live');
        const beside = run(steps, true);
        expect(live(beside)).toEqual(live(run(steps, false)));
        for (const { alert } of beside.values()) {
          if (alert.origin !== 'drill') continue;
          drilled++;
          expect(alert).toMatchObject({ lifecycle: 'closed', condition: 'cleared', drill: { id: 'd1' } });
        }
      }),
    );
    expect(drilled).toBeGreaterThan(0);
  });

  it('has a next instant as long as it runs, never beyond its end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1e6), { maxLength: 10 }),
        fc.nat(1e6),
        fc.nat(12),
        (times, endsAfterMs, stepsDone) => {
          const steps = times.sort((a, b) => a - b).map((afterMs) => ({ afterMs })) as unknown as Drill['steps'];
          const drill = { state: 'running', steps, stepsDone, startedAtMs: 5, endsAfterMs } as Drill;
          const due = nextDueMs(drill);
          expect(due).not.toBeNull();
          expect(due).toBeLessThanOrEqual(5 + endsAfterMs);
          expect(nextDueMs({ ...drill, state: 'ended' })).toBeNull();
        },
      ),
    );
  });
});
