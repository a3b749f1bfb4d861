import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockDataFolder } from '#cli/io/data-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-lock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Locks the folder in a process of its own, and is killed without a chance to release it. */
async function lockAndDie(dataDir: string, whileHeld: () => void): Promise<void> {
  const module = new URL('./data-lock.ts', import.meta.url).href;
  const code = `const { lockDataFolder } = await import(${JSON.stringify(module)});
    const held = lockDataFolder(${JSON.stringify(dataDir)}); console.log(held.ok); setInterval(() => held, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(import.meta.dirname, '..', '..'),
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('it ended before it had the lock')));
  });
  whileHeld();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('the lock of a data folder', () => {
  it('lets one in, names it to the other, and ends with the process that held it', async () => {
    const data = join(dir, 'a');
    await lockAndDie(data, () => {
      const second = lockDataFolder(data);
      expect(second.ok ? '' : second.error).toMatch(/already runs on .* \(process \d+\).*FENGSUI_DATA/);
    });
    const after = lockDataFolder(data);
    expect(after.ok).toBe(true);
    if (after.ok) after.value();
  });

  it('is not kept by a process number that is left over and means another program now', () => {
    const data = join(dir, 'b');
    mkdirSync(join(data, 'run'), { recursive: true });
    writeFileSync(join(data, 'run', 'up.pid'), '1');
    const lock = lockDataFolder(data);
    expect(lock.ok).toBe(true);
    if (lock.ok) lock.value();
  });

  it('says what to do where the folder cannot be written', () => {
    writeFileSync(join(dir, 'file'), '');
    const lock = lockDataFolder(join(dir, 'file'));
    expect(lock.ok ? '' : lock.error).toMatch(/cannot be written .*FENGSUI_DATA/);
  });
});
