import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../modbus/frame.ts';
import { openWriteQueue } from './write-queue.ts';

const coil = (address: number, value: number): WriteRequest => ({ unitId: 1, functionCode: 5, address, value });

describe('what waits to be written', () => {
  it('the newest state of an output replaces the older, which is told so', async () => {
    const queue = openWriteQueue();
    const older = queue.add(coil(3, 0xff00));
    void queue.add(coil(3, 0));
    expect(await older).toMatchObject({ ok: false, error: { reason: 'queue' } });
    expect(queue.take()?.request.value).toBe(0);
    expect(queue.isEmpty()).toBe(true);
  });
  it('is bounded, and what is too much is refused with a reason', async () => {
    const queue = openWriteQueue();
    for (let address = 0; address < 32; address++) void queue.add(coil(address, 0));
    expect(await queue.add(coil(99, 0))).toMatchObject({ ok: false, error: { reason: 'queue' } });
  });
  it('ends with an answer for everybody', async () => {
    const queue = openWriteQueue();
    const waiting = queue.add(coil(3, 0));
    queue.close();
    expect(await waiting).toMatchObject({ ok: false, error: { reason: 'stopped' } });
    expect(await queue.add(coil(4, 0))).toMatchObject({ ok: false, error: { reason: 'stopped' } });
  });
});
