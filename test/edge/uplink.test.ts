import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { type EdgeService, startEdge } from '#edge/main.ts';
import type { BusConfig, EdgeConfig } from '#model/edge-config.ts';
import { openClock } from '#model/io/clock.ts';
import {
  type Centre,
  edgeConfig,
  freePort,
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

/** A gauge whose counter grows by one at each poll. */
async function startField(pollMs = 30) {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const state = { served: 0 };
  const unit = await startScriptedUnit((request, reply) => {
    state.served++;
    reply(registersReply(request, [state.served >>> 16, state.served & 0xffff]));
  });
  cleanups.push(() => unit.stop());
  const bus: BusConfig = {
    id: 'a',
    kind: 'modbus-rtu-tcp',
    host: '127.0.0.1',
    port: unit.port,
    pollMs,
    units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
  };
  return { folder: folder.path, bus, state };
}
async function openCentre(port = 0): Promise<Centre> {
  const centre = await startCentre(port);
  cleanups.push(() => centre.stop());
  return centre;
}
async function openEdge(config: EdgeConfig, ctx = testContext()): Promise<EdgeService> {
  const edge = await startEdge(config, ctx);
  cleanups.push(() => edge.stop());
  return edge;
}
const seqsOf = (centre: Centre) => [...new Set(centre.batches.map(({ seq }) => seq))].sort((a, b) => a - b);
const dense = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the outbox is freed by the centre alone', () => {
  it('without acks at most 8 batches are in flight, and a PUBACK frees none', async () => {
    const { folder, bus } = await startField();
    const centre = await openCentre();
    centre.state.acks = false;
    const edge = await openEdge(edgeConfig(folder, centre.port, [bus]));
    await until('more than 12 are written', () => edge.unacked() > 12);
    expect(centre.batches.length).toBeLessThanOrEqual(8);
    const [first] = centre.batches;
    await centre.ack(first?.epoch ?? '', [[1, 8]]);
    await until('the next are sent', () => centre.batches.length > 8);
    expect(seqsOf(centre)).toEqual(dense(centre.batches.length));
  });

  it('a broken ack and one of another epoch free nothing', async () => {
    const { folder, bus } = await startField();
    const centre = await openCentre();
    centre.state.acks = false;
    const ctx = testContext();
    const edge = await openEdge(edgeConfig(folder, centre.port, [bus]), ctx);
    await until('some are written and have come', () => edge.unacked() >= 3 && centre.batches.length > 0);
    const { epoch = '' } = centre.batches[0] ?? {};
    await centre.raw('ack', '{"epoch":');
    await centre.raw('ack', JSON.stringify({ epoch, ranges: [[3, 1]], atMs: 1 }));
    await centre.raw('ack', JSON.stringify({ epoch, ranges: [['1', 2]], atMs: 1 }));
    await centre.ack('another', [[1, 100]]);
    await until('all four were looked at', () => ctx.counts.get('fengsui_edge_acks_foreign_total') === 1);
    expect(ctx.counts.get('fengsui_edge_messages_bad_total ack')).toBe(3);
    const before = edge.unacked();
    expect(before).toBeGreaterThanOrEqual(3);
    await centre.ack(epoch, [[1, 2]]);
    await until('a right one frees', () => ctx.counts.get('fengsui_edge_acks_total') === 1);
  });
});

describe('nothing is lost on the way', () => {
  it('after an outage the centre hears how things stand now before it hears how they were', async () => {
    const spec = {
      kind: 'virtual',
      startMs: Date.parse('2026-07-01T00:00:00Z'),
      speed: 200,
      anchorMs: undefined,
    } as const;
    const { folder, bus } = await startField(4_000);
    const port = await freePort();
    const edge = await startEdge(edgeConfig(folder, port, [bus]), testContext(openClock(spec)), {
      clockPolicy: clockPolicy(spec),
    });
    cleanups.push(() => edge.stop());
    await until('a backlog of more than a minute', () => edge.unacked() >= 30);
    const centre = await openCentre(port);
    await until('the backlog is gone', () => edge.unacked() <= 1 && centre.batches.length > 30, 15_000);
    expect(centre.batches[0]?.seq).toBeGreaterThan(30);
    const seqs = seqsOf(centre);
    expect(seqs).toEqual(dense(seqs.length));
  });

  it('a centre that is away gets everything later: live first, then the backlog in order', async () => {
    const { folder, bus, state } = await startField(20);
    const port = await freePort();
    const ctx = testContext();
    const edge = await openEdge(edgeConfig(folder, port, [bus]), ctx);
    await until('a backlog', () => edge.unacked() >= 40);
    const centre = await openCentre(port);
    await until('the backlog is gone', () => edge.unacked() <= 1 && centre.batches.length > 40, 15_000);
    const seqs = seqsOf(centre);
    expect(seqs).toEqual(dense(seqs.length));
    const arrival = centre.batches.map(({ seq }) => seq);
    const backlog = arrival.filter((seq) => seq <= 40);
    expect(backlog).toEqual(dense(40));
    const sum = centre.readings('rain').reduce((total, one) => total + (one.quality === 'bad' ? 0 : one.value), 0);
    const last = centre.readings('rain').at(-1);
    expect(sum).toBe(((last?.raw ?? 0) - 1) * 100);
    expect(last?.raw).toBeLessThanOrEqual(state.served);
    expect(ctx.places.every((place) => place === 'outbox.committed')).toBe(true);
  });

  it('a disk that refuses to note acks does not end the edge when it connects again', async () => {
    const { folder, bus } = await startField(20);
    const port = await freePort();
    const first = await startCentre(port);
    await openEdge(edgeConfig(folder, port, [bus]));
    await until('some arrived', () => first.batches.length >= 3);
    const refuse = vi.spyOn(Outbox.prototype, 'flushAcks').mockImplementation(() => {
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    });
    try {
      await first.stop();
      const second = await openCentre(port);
      await until('it is connected again', () => second.batches.length >= 3, 15_000);
    } finally {
      refuse.mockRestore();
    }
  });

  it('a restart of the edge keeps epoch, sequence and counter, and tells the gap', async () => {
    const { folder, bus, state } = await startField();
    const centre = await openCentre();
    const config = edgeConfig(folder, centre.port, [bus]);
    const first = await openEdge(config);
    await until('some arrived', () => centre.readings('rain').length >= 3);
    await first.stop();
    cleanups.pop();
    const before = centre.readings('rain').length;
    state.served += 30;
    await new Promise((resolve) => setTimeout(resolve, bus.pollMs * 2));
    await openEdge(config);
    await until('more arrived', () => centre.readings('rain').length >= before + 3);
    expect(new Set(centre.batches.map(({ epoch }) => epoch)).size).toBe(1);
    expect(new Set(centre.batches.map(({ bootId }) => bootId)).size).toBe(2);
    expect(seqsOf(centre)).toEqual(dense(seqsOf(centre).length));
    expect(centre.readings('rain').filter((reading) => reading.flags.includes('first'))).toHaveLength(1);
    const sum = centre.readings('rain').reduce((total, one) => total + (one.quality === 'bad' ? 0 : one.value), 0);
    expect(sum).toBe(((centre.readings('rain').at(-1)?.raw ?? 0) - 1) * 100);
    expect(centre.events().filter((event) => event.kind === 'gap')).toMatchObject([{ busId: 'a' }]);
  });

  it('a corrupt outbox is set aside, and acquisition goes on in a new epoch', async () => {
    const { folder, bus } = await startField();
    const centre = await openCentre();
    const config = edgeConfig(folder, centre.port, [bus]);
    const first = await openEdge(config);
    await until('one arrived', () => centre.readings('rain').length >= 1);
    await first.stop();
    cleanups.pop();
    const [name = ''] = readdirSync(config.dataDir).filter((file) => file.endsWith('.sqlite'));
    writeFileSync(join(config.dataDir, name), Buffer.alloc(20_000, 0x5a));
    const ctx = testContext();
    await openEdge(config, ctx);
    await until('a new epoch', () => new Set(centre.batches.map(({ epoch }) => epoch)).size === 2);
    expect(ctx.counts.get('fengsui_edge_outbox_corrupt_total')).toBe(1);
    expect(readdirSync(config.dataDir).some((file) => file.startsWith(`${name}.corrupt-`))).toBe(true);
    expect(centre.batches.at(-1)?.seq).toBeGreaterThanOrEqual(1);
  });
});

describe('birth, will and commands', () => {
  it('says who it is at each connect and goes with lost', async () => {
    const { folder, bus } = await startField();
    const centre = await openCentre();
    const edge = await openEdge(edgeConfig(folder, centre.port, [bus]));
    await until('the birth', () => centre.statuses.length > 0);
    expect(centre.statuses[0]).toMatchObject({
      state: 'online',
      edgeId: 'edge-test',
      inventoryVersion: 'inventory-1',
      timeQuality: 'synced',
    });
    await until('the offset is told', () => typeof centre.statuses.at(-1)?.['clockOffsetMs'] === 'number');
    centre.state.ackAtMs = Date.now() - 7_000;
    await until('a changed offset is told', () => Number(centre.statuses.at(-1)?.['clockOffsetMs']) > 5_000);
    await edge.stop();
    cleanups.pop();
    await until('lost', () => centre.statuses.at(-1)?.['state'] === 'lost');
  });

  it('a wrong password is refused and tried again from the file', async () => {
    const { folder, bus } = await startField();
    const centre = await openCentre();
    const config = edgeConfig(folder, centre.port, [bus]);
    writeFileSync(config.credentialFile, 'wrong');
    const ctx = testContext();
    await openEdge(config, ctx);
    await until('it was refused', () => (ctx.counts.get('fengsui_edge_connects_total error') ?? 0) > 0);
    edgeConfig(folder, centre.port, [bus]);
    await until('it is let in', () => centre.batches.length > 0);
  });

  it('sends again what the centre asks for, reads at once, and refuses what has expired', async () => {
    const { folder, bus } = await startField(600_000);
    const centre = await openCentre();
    const edge = await openEdge(edgeConfig(folder, centre.port, [bus]));
    await until('the first poll', () => centre.batches.length === 1 && edge.unacked() === 0);
    const times = { issuedAt: Date.now(), expiresAt: Date.now() + 60_000 };
    await centre.command({ id: 'c1', ...times, kind: 'read-now' });
    await until('the second poll', () => centre.batches.length === 2 && centre.replies.length === 1);
    const { epoch = '' } = centre.batches[0] ?? {};
    await centre.command({ id: 'c2', ...times, kind: 'resend', epoch, ranges: [[1, 2]] });
    await until('both again', () => centre.batches.length === 4 && centre.replies.length === 2);
    expect(new Set(centre.bodies).size).toBe(2);
    await centre.command({ id: 'c3', issuedAt: 1, expiresAt: 2, kind: 'read-now' });
    await centre.command({ id: 'c2', ...times, kind: 'resend', epoch, ranges: [[1, 2]] });
    await until('four replies', () => centre.replies.length === 4);
    const repliesTo = (id: string) => centre.replies.filter((reply) => reply['id'] === id);
    expect(repliesTo('c1')).toMatchObject([{ ok: true }]);
    expect(repliesTo('c2')).toMatchObject(Array(2).fill({ ok: true, message: '2 batches put back' }));
    expect(repliesTo('c3')).toMatchObject([{ ok: false, message: 'the command has expired' }]);
    expect(centre.batches).toHaveLength(4);
  });
});
