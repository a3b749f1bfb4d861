/** A red stands while the uplink flaps, the box loses its power, the centre is started anew, or the siren is dead. */
import { afterEach, describe, expect, it } from 'vitest';
import { needs } from '#test/support/needs.ts';
import { openScene } from './support/scene.ts';
import { BUS, SIREN } from './support/village.ts';

const LIMIT = { timeout: 180_000 } as const;
const MINUTE = 60_000;

let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
const village = (loses: boolean) =>
  openScene(
    (given) => {
      stop = given;
    },
    { loses },
  );
const isLandslide = (line: string) => line.startsWith('landslide');

describe.skipIf(!needs('socat'))('while a red stands', () => {
  it(
    'an uplink that comes and goes tells nobody twice; the button that was pressed meanwhile is in the record',
    LIMIT,
    async () => {
      const v = await village(false);
      await v.goesRed();
      await v.alert('red');
      await v.comes('what the box says of it', () => v.open()[0]?.conditions.length === 2);
      await v.quiet();
      await v.hears(['landslide: raised red, 10 people']);
      v.step('red');
      for (let flap = 0; flap < 3; flap++) {
        v.wire.cut();
        await v.passes(10_000);
        if (flap === 1) {
          v.press(true);
          await v.comes('the siren to be muted', () => !v.sounds());
          v.press(false);
        }
        v.wire.mend();
        await v.quiet();
      }
      expect(v.step('three short cuts')).toEqual(['landslide: siren muted, told later']);
      expect(v.messages()).toEqual([]);
      expect(v.open()).toHaveLength(1);
    },
  );

  it('a centre that is started anew and a box that lost its power are one alert, told once', LIMIT, async () => {
    const v = await village(false);
    v.wire.cut();
    await v.passes(20_000);
    await v.goesRed();
    await v.restartEdge();
    for (const part of ['alerts', 'rules', 'ingest', 'broker'] as const) await v.chain.stop(part);
    for (const part of ['broker', 'ingest', 'rules', 'alerts'] as const) await v.chain.start(part);
    expect(v.messages()).toEqual([]);
    v.step('cut, red, both restarted');
    v.wire.mend();
    await v.alert('red');
    await v.quiet();
    const lines = v.step('restored').filter(isLandslide);
    // The centre comes to the same by itself, sooner or later than the box is quiet.
    await v.comes("the centre's own red", () => {
      lines.push(...v.step('the centre too').filter(isLandslide));
      return lines.includes('landslide: centre none>red active');
    });
    expect(lines.filter((line) => line.includes('raised'))).toEqual(['landslide: raised red by the edge']);
    expect(lines).toContain('landslide: siren on, told later');
    await v.hears(['landslide: raised red, 10 people'], isLandslide);
    expect(v.sounds()).toBe(true);

    for (const part of ['alerts', 'rules', 'ingest'] as const) await v.chain.stop(part);
    for (const part of ['ingest', 'rules', 'alerts'] as const) await v.chain.start(part);
    await v.quiet();
    expect(v.step('the centre once more').filter(isLandslide)).toEqual([]);
    expect(v.messages().filter(isLandslide)).toEqual([]);
    expect(v.open()).toHaveLength(1);
  });

  it(
    'a siren that failed while the uplink was cut is told as well, when the backlog took nothing back',
    LIMIT,
    async () => {
      const v = await village(false);
      v.wire.cut();
      v.sim.setFault(BUS, SIREN, { kind: 'silent' });
      await v.passes(20_000);
      v.crack(95);
      await v.passes(MINUTE);
      v.wire.mend();
      await v.alert('red');
      await v.comes('the failure to be told', () =>
        v.step('restored').some((line) => line === 'equipment: raised orange by the edge'),
      );
      await v.comes('both messages', () => v.receiver.all.length > 0);
      expect(v.sounds()).toBe(false);
      v.sim.heal(BUS, SIREN);
      await v.comes('the siren to sound', v.sounds);
    },
  );
});
