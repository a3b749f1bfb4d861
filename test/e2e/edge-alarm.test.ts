/**
 * The uplink is cut before red and comes back: what the box did meanwhile, what the centre's record says of it, and who
 * is told when. Each scenario states its whole story; it is printed with its instants as the test runs.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { needs } from '#test/support/needs.ts';
import { openScene, type Scene } from './support/scene.ts';
import { clockOf } from './support/village.ts';

const LIMIT = { timeout: 180_000 } as const;
const MINUTE = 60_000;
/** Longer than the two minutes after which a silent gateway is told. */
const LONG_CUT = 130_000;

let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
const village = () =>
  openScene(
    (given) => {
      stop = given;
    },
    { loses: true },
  );

/** The order within a step depends on how messages meet; what there is does not. */
const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();
/** Without what the centre may say of the same red once more: its own judgement meets the backlog sooner or later. */
const without = (lines: readonly string[], ...maybe: readonly string[]): readonly string[] =>
  lines.filter((line) => !maybe.includes(line));

const GATEWAY_LOST = ['gateway: raised yellow by the centre', 'gateway: 6 people'];
const GATEWAY_LOST_TOLD = 'gateway: raised yellow, 6 people';
const GATEWAY_BACK = 'gateway: centre yellow>none cleared';

describe.skipIf(!needs('socat'))('cut before red and restored', () => {
  it(
    '(a) still red: the siren sounded at the time, and people are told at once when the box is heard again',
    LIMIT,
    async () => {
      const v = await village();
      v.wire.cut();
      const cutAtMs = v.clock.nowMs();
      await v.passes(MINUTE);
      await v.goesRed();
      const soundedAtMs = v.writes().at(-1)?.atMs ?? 0;
      await v.passes(LONG_CUT - MINUTE);
      await v.isLost();
      expect(v.step('cut, and red')).toEqual(GATEWAY_LOST);
      await v.hears([GATEWAY_LOST_TOLD]);

      const mendedAtMs = v.clock.nowMs();
      v.wire.mend();
      const alert = await v.alert('red');
      await v.quiet();
      const lines = v.step('restored');
      expect(sorted(without(lines, 'landslide: late finding of the centre: red'))).toEqual(
        sorted([
          GATEWAY_BACK,
          'landslide: raised red by the edge',
          'landslide: 10 people',
          'landslide: centre none>red active',
          'landslide: late finding of the edge: red',
          'landslide: siren on, told later',
        ]),
      );
      // Before anything of the backlog, and with the instant at which the box decided.
      expect(lines.indexOf('landslide: raised red by the edge')).toBeLessThan(
        lines.indexOf('landslide: late finding of the edge: red'),
      );
      await v.hears(['landslide: raised red, 10 people']);
      expect(alert.raisedAtMs).toBeGreaterThan(cutAtMs);
      expect(alert.raisedAtMs).toBeLessThan(mendedAtMs - MINUTE);
      expect(Math.abs(alert.raisedAtMs - soundedAtMs)).toBeLessThan(MINUTE);
      const told = v.events().find(({ alertId, kind }) => alertId === alert.id && kind === 'raised');
      expect(told?.text.zh).toMatch(new RegExp(`现仍有效.*判定时刻 2026-06-10 ${clockOf(alert.raisedAtMs)}`));

      await v.goesBack();
      await v.comes('both to clear', () => v.open()[0]?.condition === 'cleared');
      await v.quiet();
      expect(sorted(v.step('over'))).toEqual(
        sorted(['landslide: centre red>none cleared', 'landslide: edge red>none cleared', 'landslide: siren off']),
      );
      expect(v.switched()).toEqual([0, 1, 0]);
    },
  );

  it(
    '(b) cleared meanwhile: nobody is called; the finding, the siren and its end are in the record',
    LIMIT,
    async () => {
      const v = await village();
      v.wire.cut();
      await v.passes(MINUTE);
      await v.goesRed();
      await v.passes(20_000);
      await v.goesBack();
      await v.passes(LONG_CUT - 80_000);
      await v.isLost();
      expect(v.step('cut, red, and over')).toEqual(GATEWAY_LOST);
      await v.hears([GATEWAY_LOST_TOLD]);

      v.wire.mend();
      await v.quiet();
      expect(sorted(v.step('restored'))).toEqual(
        sorted([
          GATEWAY_BACK,
          'record: late finding of the edge: red',
          'record: late finding of the centre: red',
          'record: siren on, told later',
          'record: siren off, told later',
        ]),
      );
      expect(v.messages()).toEqual([]);
      expect(v.open()).toEqual([]);
      expect(v.switched()).toEqual([0, 1, 0]);
      const on = v.events().find(({ kind, facts }) => kind === 'edgeAct' && facts['act'] === 'on');
      expect(on?.text.zh).toContain(`${clockOf(Number(on?.facts['actedAtMs']))}，事后上报`);
    },
  );

  it('(c) after the alert was closed, and red: a new alert; what was closed stays closed', LIMIT, async () => {
    const v = await village();
    const before = await orangeAndClosedWhileCut(v);
    await v.goesRed();
    await v.passes(MINUTE);
    v.wire.mend();
    const after = await v.alert('red');
    await v.quiet();
    expect(after.id).not.toBe(before);
    expect(v.chain.alerts.get(before)).toMatchObject({ lifecycle: 'closed', level: 'orange' });
    expect(sorted(without(v.step('restored'), 'landslide 2: late finding of the centre: red'))).toEqual(
      sorted([
        GATEWAY_BACK,
        'landslide 2: raised red by the edge',
        'landslide 2: 10 people',
        'landslide 2: centre orange>orange active',
        'landslide 2: centre orange>red active',
        'landslide 2: late finding of the edge: red',
        'landslide 2: siren on, told later',
      ]),
    );
    await v.hears(['landslide 2: raised red, 10 people']);
  });

  it(
    '(c) after the alert was closed, and the red was over by then: late findings, and nobody is called',
    LIMIT,
    async () => {
      const v = await village();
      const before = await orangeAndClosedWhileCut(v, async () => {
        await v.goesRed();
        await v.passes(20_000);
        await v.goesBack();
      });
      await v.passes(20_000);
      v.wire.mend();
      await v.comes('the off-delay', () => v.chain.alerts.get(before)?.condition === 'cleared');
      await v.quiet();
      const restored = v.step('restored');
      expect(v.chain.alerts.get(before)).toMatchObject({ lifecycle: 'closed', level: 'orange', condition: 'cleared' });
      expect(sorted(restored)).toEqual(
        sorted([
          GATEWAY_BACK,
          'landslide: edge orange>none cleared',
          'landslide: centre orange>none cleared',
          'record: late finding of the edge: red',
          'record: late finding of the centre: red',
          'record: siren on, told later',
          'record: siren off, told later',
        ]),
      );
      expect(v.messages()).toEqual([]);
      expect(v.open()).toEqual([]);
    },
  );
});

/** Orange is told, the uplink is cut, and a person who went there closes the alert; its id. */
async function orangeAndClosedWhileCut(v: Scene, meanwhile?: () => Promise<void>): Promise<string> {
  v.crack(45);
  const { id } = await v.alert('orange');
  await v.comes('what the box says of it', () => v.open()[0]?.conditions.length === 2);
  await v.quiet();
  expect(sorted(v.step('orange'))).toEqual(
    sorted(['landslide: raised orange by the centre', 'landslide: 8 people', 'landslide: edge none>orange active']),
  );
  await v.hears(['landslide: raised orange, 8 people']);
  v.wire.cut();
  await meanwhile?.();
  await v.comes('its data to be lost', () => v.open()[0]?.condition === 'dataLost');
  await v.isLost();
  expect((await v.post(id, 'close', '')).status).not.toBe(200);
  expect((await v.post(id, 'close', '现场核查，裂缝未见扩大')).status).toBe(200);
  expect(sorted(v.step('cut, and closed by hand'))).toEqual(
    sorted([
      ...GATEWAY_LOST,
      'landslide: centre orange>orange dataLost',
      'landslide: edge orange>orange dataLost',
      'landslide: closed by luo-yongfu',
    ]),
  );
  await v.hears([GATEWAY_LOST_TOLD]);
  return id;
}
