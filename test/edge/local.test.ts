/** The siren with the uplink cut, on real wires: the simulator's log says when the coil was switched. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import { needs } from '#test/support/needs.ts';
import {
  BOARD,
  eventsOnDisk,
  type LocalWish,
  localConfig,
  startSpeechModule,
  startVillage,
  story,
  villageConfig,
  writeConfig,
} from './local-rig.ts';
import {
  freePort,
  startCentre,
  startLine,
  startProgram,
  tempDir,
  testContext,
  until as untilWithin,
} from './support.ts';

/** Ends as soon as it is so; the limit is for a machine that has much else to do. */
const until = (what: string, condition: () => boolean) => untilWithin(what, condition, 30_000);
const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

async function village(wish: LocalWish = {}, more: Parameters<typeof villageConfig>[3] & { mqttPort?: number } = {}) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const local = localConfig(wish);
  // Nobody listens there: the uplink is cut.
  const config = villageConfig(folder.path, more.mqttPort ?? (await freePort()), local, more);
  const sim = await startVillage(folder.path, config);
  cleanups.push(() => sim.stop());
  const events = () => eventsOnDisk(config.dataDir);
  return { folder: folder.path, config, sim, events, told: () => story(events()) };
}
async function edgeHere(config: EdgeConfig) {
  const edge = await startEdge(config, testContext());
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await edge.stop();
    isStopped = true;
  };
  cleanups.push(stop);
  return { ...edge, stop };
}
const edgeProcess = async (config: EdgeConfig, folder: string) => {
  const file = writeConfig(folder, config);
  const edge = await startProgram(process.execPath, [bin, 'run', 'edge', '--config', file], /edge is running/);
  cleanups.push(() => edge.stop('SIGKILL'));
  return edge;
};
const polled = (sim: { served: () => readonly { unitId: number }[] }, more = 3) => {
  const before = sim.served().length;
  return until('further polls', () => sim.served().length >= before + more);
};

describe.skipIf(!needs('socat'))('with the uplink cut', { timeout: 90_000 }, () => {
  it('a red condition switches the siren on, a cleared one switches it off, and both are in the outbox', async () => {
    const { config, sim, told, events } = await village();
    await edgeHere(config);
    // At the start an output is brought into the state that is wanted.
    await until('the coil is off for sure', () => sim.writes().length === 1 && !sim.siren());
    await polled(sim);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await until('it is on disk', () => told().includes('siren on red'));
    sim.setOpening(5);
    await until('the siren is silent', () => !sim.siren());
    await until('that is on disk', () => told().includes('siren off none'));
    expect(told()).toEqual(['opening@1 none>red', 'siren on red', 'opening@1 red>none', 'siren off none']);
    expect(sim.writes().map(({ value }) => value)).toEqual([0, 1, 0]);
    const on = events().find((event) => event.kind === 'act' && event.act === 'on');
    expect(on).toMatchObject({
      pointId: 'taoshuwan',
      reason: { zh: expect.stringContaining('位移 82.0 mm，达到红色阈值') },
    });
  });

  it('a push button mutes it, a rise above the muted level would not wait, and the press is logged', async () => {
    const { config, sim, told, events } = await village({ muteMs: 1_500 });
    await edgeHere(config);
    await polled(sim);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await polled(sim);
    sim.press();
    await until('the siren is silent', () => !sim.siren());
    await until('the mute is over', sim.siren);
    await until('it is on disk', () => told().includes('siren unmuted red'));
    expect(told()).toEqual([
      'opening@1 none>red',
      'siren on red',
      'siren muted red',
      'siren unmuted red',
      'siren on red',
    ]);
    const press = events().find((event) => event.kind === 'act' && event.act === 'muted');
    expect(press).toMatchObject({ reason: { zh: expect.stringContaining('现场按钮 button 消音') } });
  });

  it('ends by itself after its longest time', async () => {
    const { config, sim, told } = await village({ maxOnMs: 1_000 });
    await edgeHere(config);
    await polled(sim);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await until('the siren is silent', () => !sim.siren());
    await until('it is on disk', () => told().includes('siren off none'));
    await polled(sim, 6);
    expect(sim.siren()).toBe(false);
  });

  it('a process that is killed goes on where it was: no condition twice, no second alarm, the coil taken over', async () => {
    const { folder, config, sim, told } = await village();
    const first = await edgeProcess(config, folder);
    await polled(sim);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await until('it is on disk', () => told().includes('siren on red'));
    await first.stop('SIGKILL');
    const written = sim.writes().length;
    const second = await edgeProcess(config, folder);
    await until('the coil is written again', () => sim.writes().length > written);
    expect(sim.siren()).toBe(true);
    await polled(sim, 6);
    // Muted, killed, and still muted.
    sim.press();
    await until('the siren is silent', () => !sim.siren());
    await until('the mute is on disk', () => told().includes('siren muted red'));
    await second.stop('SIGKILL');
    const third = await edgeProcess(config, folder);
    await polled(sim, 6);
    expect(sim.siren()).toBe(false);
    sim.setOpening(5);
    await until('it is over', () => told().includes('opening@1 red>none'));
    await third.stop();
    expect(told()).toEqual(['opening@1 none>red', 'siren on red', 'siren muted red', 'opening@1 red>none']);
    expect(sim.writes().map(({ value }) => value)).toEqual([0, 1, 1, 0, 0]);
  });

  it('a clean stop leaves a sounding siren as it is', async () => {
    const { config, sim } = await village();
    const edge = await edgeHere(config);
    await polled(sim);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await edge.stop();
    expect(sim.siren()).toBe(true);
  });

  it('sounds as soon while 8 of 32 units are dead', async () => {
    const { config, sim, told } = await village({}, { meters: 31, pollMs: 1_000 });
    for (let unitId = 20; unitId < 28; unitId++) sim.simulators.setFault('a', unitId, { kind: 'silent' });
    await edgeHere(config);
    await polled(sim, 40);
    sim.setOpening(82);
    await until('the siren sounds', sim.siren);
    await until('it is on disk', () => told().includes('siren on red'));
    const lines = sim.served();
    // 0x42a4 is the upper half of 82 as float32.
    const seen = lines.findIndex(
      ({ unitId, functionCode, values }) => unitId === 1 && functionCode === 3 && values[0] === 0x42a4,
    );
    const on = lines.findIndex(
      ({ unitId, functionCode, values }) => unitId === BOARD && functionCode === 5 && values[0] === 1,
    );
    // What was under way may end; the rest of a cycle of 32 units does not go before it. The milliseconds are the bench's.
    expect(on - seen).toBeGreaterThan(0);
    expect(on - seen).toBeLessThanOrEqual(3);
  });

  it('a board that does not answer is told as failed, tried again, and switched when it is there', async () => {
    const { config, sim, told } = await village();
    sim.simulators.setFault('a', BOARD, { kind: 'silent' });
    await edgeHere(config);
    await until('the failure is told', () => told().includes('siren failed none'));
    await polled(sim);
    sim.setOpening(82);
    await until('the failure is told at red', () => told().includes('siren failed red'));
    sim.simulators.heal('a', BOARD);
    await until('the siren sounds', sim.siren);
    expect(told().filter((line) => line === 'siren failed red')).toHaveLength(1);
  });

  it('a drill ends by itself and cancels no alarm', async () => {
    const { config, sim, told, events } = await village();
    const edge = await edgeHere(config);
    await polled(sim);
    expect(edge.testOutput('nothing', 1)).toMatchObject({ ok: false });
    expect(edge.testOutput('siren', 61)).toMatchObject({ ok: false });
    expect(edge.testOutput('siren', 1)).toEqual({ ok: true, value: undefined });
    await until('the drill sounds', sim.siren);
    await until('the drill is over', () => !sim.siren());
    expect(edge.testOutput('siren', 1)).toMatchObject({ ok: true });
    await until('the second drill sounds', sim.siren);
    sim.setOpening(82);
    await until('red in the middle of it', () => told().includes('siren on red'));
    const lastTest = () => events().findLast((event) => event.kind === 'act' && event.act === 'tested');
    await until('its end has passed', () => {
      const tested = lastTest();
      return tested?.kind === 'act' && (sim.served().at(-1)?.atMs ?? 0) > tested.atMs + 1_500;
    });
    expect(sim.siren()).toBe(true);
    expect(told().filter((line) => line.startsWith('siren off'))).toHaveLength(1);
  });

  it('the loudspeaker says where, what and what to do, again and again, and falls silent at the button', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    mkdirSync(join(folder.path, 'speech'));
    const line = await startLine(join(folder.path, 'speech'));
    cleanups.push(() => line.stop());
    const module = await startSpeechModule(line.unit);
    cleanups.push(() => module.stop());
    const { config, sim, told } = await village({ speaker: { path: line.edge, repeatMs: 1_000 } });
    await edgeHere(config);
    await polled(sim);
    sim.setOpening(45);
    await until('orange is spoken', () => module.said.length > 0);
    expect(module.said[0]).toBe('注意，注意！桃树湾滑坡，滑坡橙色预警！请收拾随身物品，老人小孩先行转移。');
    expect(sim.siren()).toBe(false);
    sim.setOpening(82);
    await until('red breaks it off', () => module.said.some((text) => text.includes('红色预警')));
    await until('it is said again', () => module.said.filter((text) => text.includes('红色预警')).length >= 2);
    const stops = module.state.stops;
    sim.press();
    await until('it is told to be silent', () => module.state.stops > stops);
    const count = module.said.length;
    await polled(sim, 8);
    expect(module.said.length).toBe(count);
    expect(module.state.bad).toBe(0);
    // What was broken off was not spoken; what was said twice is told once.
    expect(told().filter((entry) => entry.startsWith('speaker'))).toEqual([
      ...['speaker on orange', 'speaker on red', 'speaker spoken red', 'speaker muted red'],
    ]);
  });
});

describe.skipIf(!needs('socat'))('when the uplink is back', { timeout: 90_000 }, () => {
  it('what stands is said before the backlog', async () => {
    const port = await freePort();
    const { config, sim, told } = await village({}, { mqttPort: port });
    await edgeHere(config);
    await polled(sim);
    sim.setOpening(82);
    await until('it is on disk', () => told().includes('siren on red'));
    await polled(sim, 10);
    const centre = await startCentre(port);
    cleanups.push(() => centre.stop());
    await until('batches arrive', () => centre.batches.length > 5);
    expect(story(centre.batches[0]?.events ?? [])).toEqual(['stands red']);
    await until('the backlog arrives', () => story(centre.events()).includes('opening@1 none>red'));
  });
});
