import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planKills } from '#test/chaos/plan.ts';
import { seeded } from '#test/chaos/random.ts';
import { runChaos } from '#test/chaos/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-chaos-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const seed = Number(process.env['FENGSUI_CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));

/** `npm run chaos` kills 66 unless it is told otherwise. */
const KILLS = 40;

describe('a chain whose processes are killed at random', () => {
  it('is killed as often as the plan says: each stage at least ten times, the two narrow places at least five', () => {
    const plan = planKills(66, seeded(1));
    expect(plan.length).toBe(66);
    for (const stage of ['edge', 'broker', 'ingest', 'rules', 'alerts'])
      expect(plan.filter((kill) => kill.stage === stage).length).toBeGreaterThanOrEqual(10);
    for (const place of ['journal.committed', 'delivery.claimed'])
      expect(plan.filter((kill) => kill.place === place).length).toBeGreaterThanOrEqual(5);
  });

  it.each([1, 5, 19, 20, 40, 300])('plans %i kills when it is asked for as many', (kills) => {
    expect(planKills(kills, seeded(2)).length).toBe(kills);
  });

  it(`loses nothing and repeats nothing (seed ${seed}; again with FENGSUI_CHAOS_SEED)`, {
    timeout: 900_000,
  }, async () => {
    const result = await runChaos({ kills: KILLS, seed, dir, say: (text) => console.log(`chaos: ${text}`) });
    console.log(`chaos: ${JSON.stringify({ ...result, findings: result.findings.length })}`);
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ lost: 0, repeated: 0, kills: KILLS });
    for (const place of ['journal.committed', 'delivery.claimed'])
      expect(result.killsByPlace[place]).toBeGreaterThanOrEqual(3);
    expect(result.alertsExpected).toBeGreaterThanOrEqual(20);
    expect(result.alertsRaised).toBe(result.alertsExpected);
    expect(result.emitted).toBeGreaterThan(1_000);
    expect(result.stored).toBe(result.emitted);
    expect(result.inFlight).toBeLessThanOrEqual(result.inFlightAllowed);
  });
});
