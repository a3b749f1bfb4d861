import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openChildLog } from '#cli/io/child-log.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-log-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the log of a child', () => {
  it('is bounded while the child lives, readable by its owner alone, and goes on after a restart', () => {
    const path = join(dir, 'a.log');
    const log = openChildLog(path, 100);
    for (let line = 0; line < 50; line++) log.write(Buffer.from(`line ${line} ....\n`));
    log.close();
    openChildLog(path, 100).write(Buffer.from('again\n'));
    expect(statSync(path).size).toBeLessThanOrEqual(100);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
    expect(readFileSync(path, 'utf8')).toMatch(/line 49 \.+\nagain\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('that cannot be written drops what it gets, throws nothing, and is taken up again', () => {
    const path = join(dir, 'b.log');
    mkdirSync(path); // A folder in its place: as unwritable for root as for anybody.
    const log = openChildLog(path, 100);
    log.write(Buffer.from('lost\n'));
    rmdirSync(path);
    log.write(Buffer.from('kept\n'));
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('kept\n');
    expect(existsSync(`${path}.1`)).toBe(false);
  });
});
