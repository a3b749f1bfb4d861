import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InfluxTarget } from '#model/history.ts';
import { influxTargetOf, lintTokenFile, openToken } from './influx-target.ts';

describe('the token of InfluxDB', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fengsui-token-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };
  const target = (tokenFile: string, version: 1 | 3 = 3): InfluxTarget => ({
    ...{ version, url: 'http://127.0.0.1:8086', database: 'fengsui', tokenFile },
  });

  it.each([
    ['is missing', () => target('/nowhere/token'), 'there is no token file'],
    ['can be read by others', () => target(write('open', 'abc\n', 0o644)), 'others can read'],
    ['is empty', () => target(write('empty', '\n')), 'holds no token'],
    ['holds two lines', () => target(write('two', 'abc\ndef\n')), 'holds no token'],
    ['of a 1.x has no colon', () => target(write('colon', 'abc\n'), 1), '"user:password"'],
  ])('is found wrong when it %s', (_name, of, says) => {
    expect(lintTokenFile('county.yaml', of()).map(({ message }) => message)).toEqual([expect.stringContaining(says)]);
  });

  it('is found right, beside the county’s files, and where there is none', () => {
    write('right', 'abc\n');
    const found = influxTargetOf({ history: { influx: target('right') } } as never, folder);
    expect(found?.tokenFile).toBe(join(folder, 'right'));
    expect(lintTokenFile('county.yaml', found)).toEqual([]);
    expect(lintTokenFile('county.yaml', undefined)).toEqual([]);
    expect(openToken(found ?? {})()).toBe('abc');
    expect(openToken({})()).toBeUndefined();
  });
});
