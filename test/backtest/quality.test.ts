import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { top } from '#test/support/command.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-quality-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const MINUTE = 60_000;
const T0 = Date.parse('2024-06-01T00:00:00+08:00');

/** Quarter hours of dry weather at some gauges; the first has half an hour of 20 mm a quarter. */
function rows(gauges: number): string {
  const lines = ['time,sensor,value'];
  for (let quarter = 0; quarter < 96; quarter++)
    for (let gauge = 0; gauge < gauges; gauge++) {
      const mm = gauge === 0 && (quarter === 40 || quarter === 41) ? 30 : 0;
      lines.push(`${new Date(T0 + quarter * 15 * MINUTE).toISOString()},g${gauge},${mm}`);
    }
  return lines.join('\n');
}

function backtest(gauges: number, rules: string) {
  const data = join(dir, `${gauges}.csv`);
  writeFileSync(data, rows(gauges));
  const args = ['backtest', '--rules', rules, '--data', data, '--zone', 'Asia/Shanghai', '--json'];
  const { status, stdout } = spawnSync(process.execPath, [join(top, 'cli', 'fengsui.mjs'), ...args], {
    cwd: top,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status).toBe(0);
  const { changes, flags } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
    readonly changes: readonly { readonly at: string; readonly level: string }[];
    readonly flags: readonly { readonly sensor: string; readonly flag: string }[];
  };
  return {
    changes: changes.map(({ at, level }) => `${at} ${level}`),
    flags: flags.map(({ sensor, flag }) => `${sensor} ${flag}`),
  };
}

it('flags a lone gauge under rules that doubt nothing, and changes no level by it', () => {
  const national = join(top, 'county', 'rules', 'rainstorm-national.yaml');
  const alone = backtest(1, national);
  const amongDry = backtest(3, national);
  expect(alone.flags).toEqual([]);
  expect(amongDry.flags).toEqual(['g0 rain-lone-gauge']);
  expect(alone.changes.length).toBeGreaterThan(1);
  expect(amongDry.changes).toEqual(alone.changes);
});
