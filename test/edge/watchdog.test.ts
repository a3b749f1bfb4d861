import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { pushedPart } from '#edge/care/localise.ts';
import { type Field, startField } from '#edge/io/field.ts';
import { startHeart } from '#edge/io/heart.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import { openServiceManager } from '#edge/io/service-manager.ts';
import { limitsOf, watchBuses } from '#edge/io/watch-buses.ts';
import { openWatchdog } from '#edge/io/watchdog.ts';
import { startEdge } from '#edge/main.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { openClock, openSteppedClock } from '#model/io/clock.ts';
import { needs } from '#test/support/needs.ts';
import {
  edgeConfig,
  loadProfiles,
  registersReply,
  startCentre,
  startProgram,
  startScriptedUnit,
  tempDir,
  testContext,
  until,
} from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const SHORT = { realMs: 40, chainMs: 0 };

describe('the watchdog', () => {
  it('starts a loop anew that stands still, counts it, and is content when it goes on', async () => {
    const ctx = testContext();
    const watchdog = openWatchdog(ctx, () => undefined, 10);
    cleanups.push(watchdog.stop);
    let restarts = 0;
    const loop = watchdog.watch('planted', SHORT, async () => {
      restarts++;
    });
    expect(watchdog.isAlive()).toBe(true);
    await until('a restart', () => restarts === 1);
    expect(watchdog.isAlive()).toBe(false);
    const beat = setInterval(loop.progress, 5);
    cleanups.push(() => clearInterval(beat));
    await until('it is alive', watchdog.isAlive);
    const endMs = performance.now() + 200;
    await until('a while', () => performance.now() > endMs);
    expect(restarts).toBe(1);
    expect(ctx.counts.get('fengsui_edge_loops_stuck_total planted')).toBe(1);
  });

  it('gives the process up when three restarts did not help, also when they fail or hang', async () => {
    const watchdog = openWatchdog(testContext(), (why) => said.push(why), 10);
    cleanups.push(watchdog.stop);
    const said: string[] = [];
    let restarts = 0;
    watchdog.watch('planted', SHORT, () => {
      restarts++;
      return restarts === 1 ? Promise.reject(new Error('no')) : new Promise(() => undefined);
    });
    await until('it gave up', () => said.length > 0);
    expect(restarts).toBe(3);
    expect(said[0]).toMatch(/planted stands still, and 3 restarts did not help/);
  });

  it('does not take a slow schedule for a stop, nor a process that was suspended', async () => {
    const clock = openSteppedClock(0);
    const watchdog = openWatchdog(testContext(clock), () => undefined, 10);
    cleanups.push(watchdog.stop);
    let restarts = 0;
    watchdog.watch('planted', { realMs: 20, chainMs: 60_000 }, async () => {
      restarts++;
    });
    const quietMs = performance.now() + 100;
    await until('a while', () => performance.now() > quietMs);
    expect(restarts).toBe(0);
    clock.advanceTo(60_001);
    await until('a restart', () => restarts === 1);
    // The whole process stands still for longer than the limit: the first check behind it condemns nobody.
    const other = openWatchdog(testContext(), () => undefined, 20);
    cleanups.push(other.stop);
    let condemned = 0;
    const loop = other.watch('innocent', { realMs: 150, chainMs: 0 }, async () => {
      condemned++;
    });
    await until('a check', () => performance.now() > quietMs + 50);
    loop.progress();
    const blockedMs = performance.now() + 300;
    while (performance.now() < blockedMs) {
      // Nothing else runs.
    }
    const endMs = performance.now() + 60;
    await until('a check behind it', () => performance.now() > endMs);
    expect(condemned).toBe(0);
  });

  it('leaves a bus as long as its wire can take with every unit dead', () => {
    const bus: BusConfig = {
      ...{ id: 'a', kind: 'modbus-tcp', host: '127.0.0.1', port: 1, pollMs: 300_000 },
      units: Array.from({ length: 32 }, (_, at) => ({ unitId: at + 1, profile: 'sl651-rain-gauge', sensors: [] })),
    };
    const profiles = loadProfiles();
    const timeoutMs = profiles['sl651-rain-gauge']?.timeoutMs ?? 0;
    expect(timeoutMs).toBeGreaterThan(0);
    expect(limitsOf(bus, profiles)).toEqual({
      realMs: Math.min(60_000 + 32 * 4 * timeoutMs, 600_000),
      chainMs: 900_000,
    });
  });
});

describe('an edge', () => {
  it('has its bus and its session watched, and is alive while it reads', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, 1])));
    cleanups.push(() => unit.stop());
    const centre = await startCentre();
    cleanups.push(() => centre.stop());
    const config = edgeConfig(folder.path, centre.port, [
      {
        ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 50 },
        units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
      },
    ]);
    const edge = await startEdge(config, testContext(), { giveUp: () => undefined, watchEveryMs: 20 });
    cleanups.push(() => edge.stop());
    await until('readings', () => centre.readings('rain').length > 3);
    expect(edge.isAlive()).toBe(true);
  });
});

describe('a bus whose loop hangs', () => {
  it('is left behind and started anew, and reads again', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    let asked = 0;
    const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, ++asked])));
    cleanups.push(() => unit.stop());
    const file = edgeConfig(folder.path, 1, [
      {
        ...{ id: 'a', kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: unit.port, pollMs: 20 },
        units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
      },
    ]);
    // Planted: the third pause between two cycles never ends, not even when it is called off.
    const clock = openClock({ kind: 'real' });
    let sleeps = 0;
    const ctx = testContext({
      ...clock,
      sleep: (ms, signal) => (++sleeps === 3 ? new Promise(() => undefined) : clock.sleep(ms, signal)),
    });
    const outbox = new Outbox({ dataDir: file.dataDir, log: ctx.log, metrics: ctx.metrics });
    cleanups.push(() => outbox.close(0));
    const recorder = openRecorder(file, ctx, outbox, clockPolicy({ kind: 'real' }));
    const watchdog = openWatchdog(ctx, () => undefined, 20);
    cleanups.push(watchdog.stop);
    let field: Field | undefined;
    const watched = watchBuses(
      watchdog,
      (busId) => field?.restartBus(busId),
      () => ({ realMs: 300, chainMs: 0 }),
    );
    field = await startField(file, pushedPart(file), { ctx, outbox, recorder, ...watched });
    cleanups.push(() => field?.stop());
    await until('it hangs', () => sleeps === 3);
    const before = asked;
    await until('it reads again', () => asked > before + 3, 15_000);
    expect(ctx.counts.get('fengsui_edge_loops_stuck_total bus a')).toBeGreaterThan(0);
    await until('it is alive', watchdog.isAlive);
  });
});

const heartModule = new URL('../../edge/io/heart.ts', import.meta.url).href;

describe('a blocked event loop', () => {
  it('ends the process, from a thread beside it', async () => {
    const code = `import { startHeart } from '${heartModule}'; startHeart({ error: console.log }, 20, 10);
      setTimeout(() => { for (;;) {} }, 200); setInterval(() => undefined, 1000); console.log('begun');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    cleanups.push(() => child.kill('SIGKILL'));
    const ended = await new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_, signal) => resolve(signal)),
    );
    expect(ended).toBe('SIGKILL');
    expect(said).toMatch(/the event loop is blocked: ending this process/);
  });

  it('is not seen where there is none', async () => {
    const heart = startHeart(testContext().log, 10, 10);
    const endMs = performance.now() + 400;
    await until('a while', () => performance.now() > endMs);
    await heart.stop();
  });
});

const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print('told ' + s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

describe('systemd', () => {
  it.skipIf(!needs('systemd-notify', 'python3'))('is told ready, alive while all loops are, and stopping', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const socket = join(folder.path, 'notify');
    const listener = await startProgram('/usr/bin/python3', ['-c', LISTENER, socket], /listening/);
    cleanups.push(() => listener.stop('SIGKILL'));
    // The program takes the address from its environment, as it does in a unit.
    const before = process.env['NOTIFY_SOCKET'];
    process.env['NOTIFY_SOCKET'] = socket;
    cleanups.push(() => {
      if (before === undefined) delete process.env['NOTIFY_SOCKET'];
      else process.env['NOTIFY_SOCKET'] = before;
    });
    let isAlive = true;
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '150000' };
    const manager = openServiceManager(env, testContext().log, () => isAlive);
    manager.ready();
    const told = (what: RegExp) =>
      listener
        .output()
        .split('\n')
        .filter((line) => what.test(line)).length;
    await until('ready', () => told(/READY=1/) === 1);
    await until('alive, again and again', () => told(/WATCHDOG=1/) >= 3);
    isAlive = false;
    const endMs = performance.now() + 150;
    await until('what was under way', () => performance.now() > endMs);
    const count = told(/WATCHDOG=1/);
    const laterMs = performance.now() + 300;
    await until('a while', () => performance.now() > laterMs);
    expect(told(/WATCHDOG=1/)).toBe(count);
    manager.stop();
    await until('stopping', () => told(/STOPPING=1/) === 1);
  });

  it.skipIf(!needs('systemd-analyze'))('accepts the unit', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const shipped = readFileSync(new URL('../../edge/systemd/fengsui-edge.service', import.meta.url), 'utf8');
    // The check wants the program to be there; on this machine it is another one.
    const program = join(folder.path, 'fengsui');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const exec = /^ExecStart=(\S+) (\S+)/m.exec(shipped);
    expect(exec?.[2]).toMatch(/fengsui\.js$/);
    const unit = join(folder.path, 'fengsui-edge.service');
    writeFileSync(unit, shipped.replace(exec?.[1] ?? '-', program));
    expect(existsSync(unit)).toBe(true);
    const checked = spawn('systemd-analyze', ['verify', '--man=no', unit], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [checked.stdout, checked.stderr])
      stream.on('data', (text) => {
        said += text;
      });
    const code = await new Promise<number | null>((resolve) => checked.once('close', resolve));
    expect(said.split('\n').filter((line) => line.includes('fengsui-edge'))).toEqual([]);
    expect(code).toBe(0);
  });
});
