/** `npm run chaos`: one crash run in a folder of its own; exits 0 only when it ran to the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChaos } from '#test/chaos/run.ts';

export async function chaosCommand(kills: number, seed: number | null, json: boolean): Promise<number> {
  if (!Number.isInteger(kills) || kills < 1) {
    console.error('--kills must be a whole number from 1.');
    return 2;
  }
  const dir = mkdtempSync(join(tmpdir(), 'fengsui-chaos-'));
  try {
    const result = await runChaos({
      kills,
      seed: seed ?? Math.floor(Math.random() * 1e9),
      dir,
      say: (text) => console.error(text),
    });
    for (const finding of result.findings) console.error(`finding: ${finding}`);
    console.error(
      `kills by stage ${JSON.stringify(result.killsByStage)}, at places ${JSON.stringify(result.killsByPlace)}, webhook ${JSON.stringify(result.webhook)}`,
    );
    const { seed: used, kills: done, emitted, stored, inFlight, lost, repeated, alertsExpected, alertsRaised } = result;
    if (json)
      console.log(
        JSON.stringify({
          seed: used,
          kills: done,
          emitted,
          stored,
          inFlight,
          lost,
          repeated,
          alertsExpected,
          alertsRaised,
        }),
      );
    else
      console.log(
        `seed ${used}: ${done} kills, ${emitted} readings emitted, ${stored} stored, ${inFlight} in flight, ${lost} lost, ${repeated} repeated, ${alertsRaised} of ${alertsExpected} alerts`,
      );
    return 0;
  } catch (cause) {
    console.error(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
    return 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
