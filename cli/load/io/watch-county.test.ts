import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCounty } from '#cli/load/io/read-county.ts';
import { type CountyWatch, watchCounty } from '#cli/load/io/watch-county.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import type { LogFields } from '#model/ports.ts';
import { DAY_MS } from '#model/time.ts';

const SHIPPED = fileURLToPath(new URL('../../../county', import.meta.url));
const NOW = Date.parse('2026-06-03T06:00:00Z');

describe('the watched county', () => {
  let dir = '';
  let watch: CountyWatch | undefined;
  const clock = openSteppedClock(NOW);
  const said: { level: string; message: string; fields?: LogFields | undefined }[] = [];
  const log = {
    info: (message: string, fields?: LogFields) => said.push({ level: 'info', message, fields }),
    warn: (message: string, fields?: LogFields) => said.push({ level: 'warn', message, fields }),
    error: (message: string, fields?: LogFields) => said.push({ level: 'error', message, fields }),
  };
  const edit = (file: string, from: string, to: string) => {
    const path = join(dir, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'fengsui-county-'));
    cpSync(SHIPPED, dir, { recursive: true });
    said.length = 0;
  });
  afterEach(() => {
    watch?.stop();
    watch = undefined;
    rmSync(dir, { recursive: true, force: true });
  });
  const open = (): CountyWatch => {
    const opened = watchCounty(dir, { clock, log, pollMs: 10 });
    if (!opened.ok) throw new Error('does not load');
    watch = opened.value;
    return opened.value;
  };

  it('takes over an edit that holds and tells its listeners once', async () => {
    const county = open();
    const version = county.current().version;
    let told = 0;
    county.onChange(() => told++);
    edit('people.yaml', '"13800001001"', '"13800001088"');
    await vi.waitFor(() => expect(county.current().people.get('wei-guoping')?.phone).toBe('13800001088'), 5_000);
    expect(county.current().version).not.toBe(version);
    expect(told).toBe(1);
  });

  it('keeps the last good registry after a bad edit, names the place, and goes on when it is mended', async () => {
    const county = open();
    const before = county.current();
    let told = 0;
    county.onChange(() => told++);
    edit('points.yaml', 'caller: wei-dashan', 'caller: wei-xiaoshan');
    await vi.waitFor(() => expect(county.lints()).toHaveLength(1), 5_000);
    expect(county.current()).toBe(before);
    expect(told).toBe(0);
    const [first] = said.filter(({ level }) => level === 'error');
    expect(first?.fields?.['place']).toMatch(/points\.yaml:\d+:\d+$/);
    expect(first?.fields?.['finding']).toContain('wei-xiaoshan');
    expect(said.some(({ message }) => message.includes('the last good one stays in force'))).toBe(true);
    edit('points.yaml', 'caller: wei-xiaoshan', 'caller: luo-caixia');
    await vi.waitFor(() => expect(told).toBe(1), 5_000);
    expect(county.lints()).toEqual([]);
  });

  it('says nothing when a file is only touched', async () => {
    const county = open();
    let told = 0;
    county.onChange(() => told++);
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(dir, 'people.yaml'), later, later);
    edit('channels.yaml', 'id: console', 'id: desk');
    await vi.waitFor(() => expect(county.current().channels[0]?.id).toBe('desk'), 5_000);
    expect(told).toBe(1);
  });

  it('writes the roster out anew when the clock has moved far, under the same version', () => {
    const county = open();
    const { version } = county.current();
    const covers = (atMs: number) => county.current().duty.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    expect(covers(NOW)).toBe(true);
    clock.advanceTo(NOW + 300 * DAY_MS);
    expect(covers(NOW + 300 * DAY_MS)).toBe(true);
    expect(covers(NOW)).toBe(false);
    expect(county.current().version).toBe(version);
  });

  it('refuses a folder that is not there, file by file', () => {
    const read = readCounty(join(dir, 'nowhere'), NOW);
    expect(read.ok).toBe(false);
    expect(read.ok ? [] : read.error.map(({ kind }) => kind)).toEqual(Array(8).fill('missing-file'));
  });
});
