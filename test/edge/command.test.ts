import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { EdgeConfig } from '#model/edge-config.ts';
import type { EdgeCommand } from '#model/topics.ts';
import {
  type Centre,
  edgeConfig,
  registersReply,
  startCentre,
  startScriptedUnit,
  tempDir,
  testContext,
  until,
} from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

async function startBox() {
  const folder = tempDir();
  cleanups.push(folder.remove);
  let asked = 0;
  const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, ++asked])));
  cleanups.push(() => unit.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const file = edgeConfig(folder.path, centre.port, [
    {
      ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 600_000 },
      units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
    },
  ]);
  const open = async (config: EdgeConfig = file) => {
    const edge = await startEdge(config, testContext());
    cleanups.push(() => edge.stop());
    return edge;
  };
  return { centre, file, open, asked: () => asked };
}
const now = () => ({ issuedAt: Date.now(), expiresAt: Date.now() + 60_000 });
const repliesTo = (centre: Centre, id: string) => centre.replies.filter((reply) => reply['id'] === id);
const ask = async (centre: Centre, command: EdgeCommand) => {
  const before = repliesTo(centre, command.id).length;
  await centre.command(command);
  await until(`an answer to ${command.id}`, () => repliesTo(centre, command.id).length > before);
  return repliesTo(centre, command.id).at(-1);
};

describe('commands', () => {
  it('that have expired are refused and answered, by the centre’s clock and not by the box’s', async () => {
    const { centre, open } = await startBox();
    // The centre is 10 s ahead: what ends in 5 s is over there.
    centre.state.ackAtMs = Date.now() + 10_000;
    await open();
    await until('an ack', () => centre.statuses.some((status) => Number(status['clockOffsetMs']) < -5_000));
    const reply = await ask(centre, { id: 'c1', issuedAt: Date.now(), expiresAt: Date.now() + 5_000, kind: 'status' });
    expect(reply).toMatchObject({ ok: false, message: 'the command has expired' });
  });

  it('that come twice are obeyed once and answered twice', async () => {
    const { centre, open, asked } = await startBox();
    await open();
    await until('the first poll', () => centre.batches.length === 1);
    await ask(centre, { id: 'r1', ...now(), kind: 'read-now' });
    await ask(centre, { id: 'r1', ...now(), kind: 'read-now' });
    expect(asked()).toBe(2);
    expect(repliesTo(centre, 'r1')).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it('that move something are answered from memory after a restart as well', async () => {
    const { centre, file, open } = await startBox();
    const first = await open();
    await until('an ack', () => first.unacked() === 0 && centre.batches.length > 0);
    const command: EdgeCommand = { id: 't1', ...now(), kind: 'test-output', output: 'siren', seconds: 2 };
    const reply = await ask(centre, command);
    expect(reply).toMatchObject({ ok: false, message: expect.stringMatching(/no output siren/) });
    await first.stop();
    cleanups.pop();
    await open({ ...file });
    await until('it is back', () => centre.statuses.at(-1)?.['state'] === 'online');
    expect(await ask(centre, command)).toEqual(reply);
  });

  it('that an edge does not know, or that are wrong, are answered with the reason', async () => {
    const { centre, open } = await startBox();
    await open();
    await until('it is there', () => centre.statuses.length > 0);
    await centre.raw('cmd', JSON.stringify({ id: 'x1', ...now(), kind: 'reboot' }));
    await centre.raw('cmd', JSON.stringify({ id: 'x2', ...now(), kind: 'test-output', output: 'siren', seconds: 61 }));
    await centre.raw('cmd', JSON.stringify({ id: 'x3', kind: 'status' }));
    await centre.raw('cmd', 'nothing at all');
    await until('three answers', () => centre.replies.length === 3);
    expect(centre.replies).toMatchObject([
      { id: 'x1', ok: false, message: 'this edge does not know the command reboot' },
      { id: 'x2', ok: false, message: 'seconds must be 1 to 60' },
      { id: 'x3', ok: false, message: 'issuedAt and expiresAt must be whole numbers' },
    ]);
  });

  it('to say the status are answered by a status', async () => {
    const { centre, open } = await startBox();
    await open();
    await until('the birth', () => centre.statuses.length > 0);
    const before = centre.statuses.length;
    expect(await ask(centre, { id: 's1', ...now(), kind: 'status' })).toMatchObject({ ok: true });
    await until('a status', () => centre.statuses.length > before);
    expect(centre.statuses.at(-1)).toMatchObject({ ruleSetVersion: null, queuedBatches: expect.any(Number) });
  });
});
