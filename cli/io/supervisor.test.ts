import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSupervisor, type Supervisor } from '#cli/io/supervisor.ts';
import { until } from '#test/support/until.ts';

/** A stage that is ready at once, says what it was told to, and ends when asked. */
const STAGE = `
process.send({ kind: 'ready', addresses: [], ports: { pid: process.pid } });
console.log(process.argv[2]);
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function open(logDirIsAFile = false): { supervisor: Supervisor; events: string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'fengsui-supervisor-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const entry = join(dir, 'stage.mjs');
  writeFileSync(entry, STAGE);
  const events: string[] = [];
  const logDir = join(dir, 'logs');
  // A folder where the log should be: it can be written by nobody, as on a disk that is full.
  if (logDirIsAFile) mkdirSync(join(logDir, 'a.log'), { recursive: true });
  const supervisor = openSupervisor({ entry, env: process.env, logDir, onEvent: (text) => events.push(text) });
  cleanups.push(() => supervisor.stopAll());
  return { supervisor, events };
}

describe('the supervisor', () => {
  it('starts a child again although the system cannot make a process for a while, and stops meanwhile', async () => {
    const { supervisor, events } = open();
    await supervisor.start({ name: 'a', args: ['x'] });
    const node = process.execPath;
    process.execPath = '/nonexistent/node';
    try {
      supervisor.kill('a', 'SIGKILL');
      await until('a failed start', 5_000, () => events.some((text) => text.includes('could not be started')));
    } finally {
      process.execPath = node;
    }
    await supervisor.whenReady('a', 10_000);
    process.execPath = '/nonexistent/node';
    try {
      supervisor.kill('a', 'SIGKILL');
      await until('another', 5_000, () => events.filter((text) => text.includes('could not be')).length > 1);
      await supervisor.stopAll(500);
    } finally {
      process.execPath = node;
    }
  });

  it('goes on when the log of a child cannot be written', async () => {
    const { supervisor } = open(true);
    const ready = await supervisor.start({ name: 'a', args: ['x'.repeat(100_000)] });
    const again = await supervisor.restart('a');
    expect(again.ports['pid']).not.toBe(ready.ports['pid']);
  });

  it('ends a removed child for good, and has it gone before everything counts as stopped', async () => {
    const { supervisor, events } = open();
    const { ports } = await supervisor.start({ name: 'a', args: ['x'] });
    supervisor.remove('a');
    expect(supervisor.has('a')).toBe(false);
    await supervisor.stopAll();
    expect(() => process.kill(ports['pid'] ?? 0, 0)).toThrow(/ESRCH/);
    expect(events).toEqual([]);
  });
});
