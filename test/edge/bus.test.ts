import { afterEach, describe, expect, it } from 'vitest';
import type { BusConfig } from '#model/edge-config.ts';
import {
  type AskedFrame,
  describedReply,
  describedUnit,
  type FrameScript,
  sealed,
  selfDescribing,
  startBusRig,
} from './bus-rig.ts';
import { listenForFrames as listen, startOverTcp as start } from './bus-tcp-rig.ts';
import { until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const isWrite = ({ functionCode }: AskedFrame) => functionCode > 4;

describe('writing an output', () => {
  it.each([5, 6, 15, 16])('by function %i is confirmed by the unit', async (functionCode) => {
    const written: Uint8Array[] = [];
    const { poller, count } = await start((asked, reply) => {
      if (isWrite(asked)) written.push(asked.bytes);
      reply(describedReply(asked));
    });
    expect(await poller.write(1, `out${functionCode}`, true)).toEqual({ ok: true, value: undefined });
    expect(await poller.write(1, `out${functionCode}`, false)).toEqual({ ok: true, value: undefined });
    const data = {
      5: ['ff00', '0000'],
      6: ['0102', '0000'],
      15: ['00010101', '00010100'],
      16: ['0001020102', '0001020000'],
    };
    expect(written.map((bytes) => Buffer.from(bytes.subarray(4, -2)).toString('hex'))).toEqual(
      data[functionCode as keyof typeof data],
    );
    expect(count('fengsui_edge_writes_total a ok')).toBe(2);
  });

  it('goes before the next read of the cycle under way', async () => {
    const asked: number[] = [];
    let first: Promise<unknown> | undefined;
    const rig = await start(
      (frame, reply) => {
        asked.push(frame.functionCode);
        reply(describedReply(frame), 20);
        if (asked.length === 4) first = rig.poller.write(2, 'out5', true);
      },
      { unitIds: [1, 2, 3, 4, 5, 6], pollMs: 60_000 },
    );
    await until('the cycle is over', () => rig.cycles() > 0);
    expect(await first).toMatchObject({ ok: true });
    expect(asked.slice(0, 6)).toEqual([3, 3, 3, 3, 5, 3]);
  });

  it('goes out at once while the bus waits for its next slot', async () => {
    const { poller, cycles } = await start((asked, reply) => reply(describedReply(asked)), { pollMs: 60_000 });
    await until('the first cycle is over', () => cycles() > 0);
    const begun = performance.now();
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: true });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(cycles()).toBe(1);
  });

  it('does not wait for a unit that does not answer', async () => {
    let sentMs = 0;
    let writtenMs = 0;
    const rig = await start(
      (asked, reply) => {
        if (isWrite(asked)) {
          writtenMs = performance.now();
          reply(describedReply(asked));
        } else if (asked.unitId === 2) sentMs ||= performance.now();
        else reply(describedReply(asked));
      },
      { unitIds: [1, 2], timeoutMs: 3_000 },
    );
    await until('the dead unit is asked', () => sentMs > 0);
    expect(await rig.poller.write(1, 'out5', true)).toMatchObject({ ok: true });
    // Less than the unit's own time: a busy machine may take seconds, a unit that is waited for takes all of them.
    expect(writtenMs - sentMs).toBeLessThan(2_700);
  });

  it('is tried again when it is not answered, and answered with why when it never is', async () => {
    let tries = 0;
    const { poller } = await start((asked, reply) => {
      if (!isWrite(asked)) return reply(describedReply(asked));
      tries++;
      if (tries === 2) reply(describedReply(asked));
    });
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: true });
    expect(tries).toBe(2);
    tries = 10;
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: false, error: { reason: 'timeout' } });
    expect(tries).toBe(13);
  });

  it('another confirmation than was asked for is no success', async () => {
    const { poller } = await start((asked, reply) =>
      reply(isWrite(asked) ? sealed([asked.unitId, 5, 0, 205, 0, 0]) : describedReply(asked)),
    );
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: false, error: { reason: 'frame' } });
  });

  it('a register that its profile does not name as an output is never written', async () => {
    let writes = 0;
    const { poller, cycles } = await start((asked, reply) => {
      if (isWrite(asked)) writes++;
      reply(describedReply(asked));
    });
    await until('a cycle is over', () => cycles() > 0);
    for (const [unitId, register] of [
      [1, 'r20'],
      [1, 'nothing'],
      [9, 'out5'],
    ] as const)
      expect(await poller.write(unitId, register, true)).toMatchObject({ ok: false, error: { reason: 'config' } });
    expect(writes).toBe(0);
  });

  it('with the line shut is answered, not kept for later', async () => {
    const { poller, line, ctx } = await start((asked, reply) => reply(describedReply(asked)));
    await until('the line is open', () => ctx.counts.get('fengsui_edge_bus_open a') === 1);
    line.cut();
    await until('the line is shut', () => ctx.counts.get('fengsui_edge_bus_open a') === 0);
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: false, error: { reason: 'link' } });
  });
});

describe('a two-wire line that repeats what is sent', () => {
  const echoing =
    (script: FrameScript): FrameScript =>
    (asked, reply) => {
      reply(asked.bytes);
      script(asked, reply);
    };
  it('is read, and its echo is counted and taken for nothing', async () => {
    const { values, count } = await start(echoing((asked, reply) => reply(describedReply(asked))));
    await until('values', () => values('1-40').length >= 3);
    expect(new Set(values('1-20'))).toEqual(new Set([1_020]));
    expect(count('fengsui_edge_echoes_total a')).toBeGreaterThan(5);
  });
  it('a coil that nobody confirms is not taken as written because of its echo', async () => {
    const { poller } = await start(echoing((asked, reply) => !isWrite(asked) && reply(describedReply(asked))));
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: false, error: { reason: 'timeout' } });
  });
  it('also when nothing has been read before', async () => {
    const { poller } = await start(
      echoing(() => undefined),
      { timeoutMs: 50 },
    );
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: false, error: { reason: 'timeout' } });
  });
  it('a coil that its unit confirms is', async () => {
    const { poller } = await start(echoing((asked, reply) => reply(describedReply(asked))));
    expect(await poller.write(1, 'out5', true)).toMatchObject({ ok: true });
  });
});

describe('what must not wait', () => {
  it('is committed before the cycle goes on', async () => {
    const line = await listen((asked, reply) => reply(describedReply(asked), 10));
    const units = [1, 2, 3].map((unitId) => describedUnit(unitId, [20]));
    const bus: BusConfig = {
      id: 'a',
      kind: 'modbus-rtu-tcp',
      host: '127.0.0.1',
      port: line.port,
      pollMs: 60_000,
      units,
    };
    const isUrgent = (outcomes: readonly { readonly sensorId: string }[]) =>
      outcomes.some(({ sensorId }) => sensorId === '1-20');
    const rig = startBusRig(bus, selfDescribing([20]), isUrgent);
    cleanups.push(() => rig.poller.stop());
    await until('a commit', () => rig.cycles() === 1);
    expect(rig.outcomes.map(({ sensorId }) => sensorId)).toEqual(['1-20']);
    await until('the end of the cycle', () => rig.cycles() === 2);
    expect(rig.outcomes.map(({ sensorId }) => sensorId)).toEqual(['1-20', '2-20', '3-20']);
  });
});
