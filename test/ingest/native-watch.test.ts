import { describe, expect, it } from 'vitest';
import type { Control } from '#ingest/io/control.ts';
import { createNativeWatch } from '#ingest/io/native-watch.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { registryPort } from '#test/ingest/centre.ts';
import { GATEWAYS, nativeRegistry } from '#test/ingest/native-centre.ts';

const HOUR = 3_600_000;

function openWatch() {
  const clock = openSteppedClock(1_795_000_000_000);
  const states = new Map<string, 'online' | 'lost'>();
  const said: string[] = [];
  const control: Pick<Control, 'setGateway' | 'gatewayState'> = {
    setGateway: (id, state) => {
      if (states.get(id) !== state) said.push(`${id} ${state}`);
      states.set(id, state);
    },
    gatewayState: (id) => states.get(id),
  };
  const registry = registryPort(
    nativeRegistry({ 'lora-1': GATEWAYS['lora-1'], 'push-1': GATEWAYS['push-1'] } as typeof GATEWAYS),
  );
  const open = () => createNativeWatch(registry, control as Control, clock);
  return { clock, said, open, states };
}

describe('a gateway of which nothing is heard', () => {
  it('counts as there when it is new, as lost after its time, and is back with its next message', () => {
    const { clock, said, open } = openWatch();
    const watch = open();
    watch.expect();
    const upMs = clock.nowMs();
    clock.advanceTo(clock.nowMs() + HOUR);
    watch.heard('push-1');
    watch.look(upMs);
    expect(said).toEqual(['lora-1 online', 'push-1 online']);
    clock.advanceTo(clock.nowMs() + 1);
    watch.look(upMs);
    watch.look(upMs);
    expect(said.slice(2)).toEqual(['lora-1 lost']);
    watch.heard('lora-1');
    expect(said.slice(3)).toEqual(['lora-1 online']);
  });

  it('is not called lost because the broker or ingest was away', () => {
    const { clock, said, open } = openWatch();
    const watch = open();
    watch.expect();
    clock.advanceTo(clock.nowMs() + 3 * HOUR);
    watch.heard('push-1');
    watch.look(null);
    watch.look(clock.nowMs() - 5);
    expect(said).toHaveLength(2);
    // Started again: it has its time from now on.
    const next = open();
    next.expect();
    clock.advanceTo(clock.nowMs() + HOUR);
    next.look(clock.nowMs() - HOUR);
    expect(said).toHaveLength(2);
    clock.advanceTo(clock.nowMs() + 1);
    next.look(clock.nowMs() - HOUR - 1);
    expect(said.slice(2)).toEqual(['lora-1 lost', 'push-1 lost']);
  });
});
