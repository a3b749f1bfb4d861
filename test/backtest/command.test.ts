import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { backtestCommand } from '#cli/io/backtest.ts';
import type { BacktestArguments } from '#cli/io/backtest-command.ts';
import { parseSettings } from '#cli/settings.ts';
import { top } from '#test/support/command.ts';

const shared = process.env['FENGSUI_SHARED'] ?? join(top, '..', 'shared');
const boulder = join(shared, 'data', 'boulder-2013');
const national = join(top, 'county', 'rules', 'rainstorm-national.yaml');
const dir = mkdtempSync(join(tmpdir(), 'fengsui-backtest-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function fengsui(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(top, 'cli', 'fengsui.mjs'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, FENGSUI_DATA: join(dir, 'data') },
    timeout: 60_000,
  });
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return { status, stdout, stderr, json: () => JSON.parse(last) };
}

/** The same without a process of its own. */
async function inThisProcess(given: BacktestArguments) {
  const settings = parseSettings({ FENGSUI_DATA: join(dir, 'data') }, dir);
  if (!settings.ok) throw new Error(settings.error.join());
  const out: string[] = [];
  const err: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
  const status = await backtestCommand(settings.value, given).finally(() => {
    log.mockRestore();
    error.mockRestore();
  });
  return { status, stdout: out.join('\n'), stderr: err.join('\n'), json: () => JSON.parse(out.at(-1) ?? '') };
}

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

/** An hour of 60 mm among dry hours. */
const stormRows = (offset: string): string =>
  Array.from({ length: 48 }, (_, hour) => {
    const stamp = `2026-06-0${1 + Math.floor(hour / 24)} ${String(hour % 24).padStart(2, '0')}:00${offset}`;
    return `${stamp},gauge,${hour === 10 ? 60 : 0}\n`;
  }).join('');
const storm = file('storm.csv', `time,sensor,value\n${stormRows('+08:00')}`);
const local = file('local.csv', `time,sensor,value\n${stormRows('')}`);
const inventory = file('inventory.csv', 'sensor,quantity\ngauge,rain\n');

describe('fengsui backtest', { timeout: 120_000 }, () => {
  it('ends with one line of JSON: changes in the zone asked for, skill, readings', () => {
    const truth = file('truth.csv', 'from,to\n2026-06-01T10:30:00+08:00,2026-06-01T11:00:00+08:00\n');
    const { status, json, stdout } = fengsui(
      ...['backtest', '--rules', national, '--data', local, '--inventory', inventory],
      ...['--zone', 'Asia/Shanghai', '--truth', truth, '--json'],
    );
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { changes, flags, skill, readings, elapsedMs } = json();
    expect(
      changes.map(({ at, from, level }: { at: string; from: string; level: string }) => [at, from, level]),
    ).toEqual([
      ['2026-06-01T10:00:00+08:00', 'none', 'orange'],
      ['2026-06-01T14:00:00+08:00', 'orange', 'yellow'],
      ['2026-06-01T17:00:00+08:00', 'yellow', 'blue'],
      ['2026-06-01T23:00:00+08:00', 'blue', 'none'],
    ]);
    expect(changes[0]).toMatchObject({ subject: 'gauge', hazard: 'rainstorm' });
    expect(changes[0].rule).toMatch(/^rainstorm-3h@/);
    expect(changes[0].reason).toEqual({
      zh: '3 小时降雨量 60.0 mm，达到橙色阈值 50.0 mm',
      en: 'rainfall of 60.0 mm in 3 hours reached the orange limit of 50.0 mm',
    });
    expect(flags).toEqual([]);
    expect(skill).toMatchObject({
      ...{ hits: 1, misses: 0, falseAlarms: 0, pod: 1, far: 0, csi: 1 },
      ...{ leadTimesMs: [1_800_000], alarmHours: 13 },
    });
    expect(readings).toBe(48);
    expect(elapsedMs).toBeGreaterThan(0);
  });

  it('writes a page that needs nothing else and the JSON beside it, which a diff can read', () => {
    const report = join(dir, 'out', 'report.html');
    const sweep = ['--sweep', 'rainstorm-3h.red=40..80/20'];
    const one = fengsui(
      'backtest',
      '--rules',
      national,
      '--data',
      storm,
      '--quantity',
      'rain',
      '--report',
      report,
      ...sweep,
    );
    expect(one.status).toBe(0);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain('达到橙色阈值');
    expect(page).not.toMatch(/(?:src|href)=|https?:/);
    const json = join(dir, 'out', 'report.json');
    const { sweeps } = JSON.parse(readFileSync(json, 'utf8'));
    expect(
      sweeps[0].points.map(({ limit, alarmHours }: { limit: number; alarmHours: number }) => [limit, alarmHours]),
    ).toEqual([
      [40, 4],
      [60, 4],
      [80, 0],
    ]);
    const lower = file('lower.yaml', readFileSync(national, 'utf8').replace('orange: 50', 'orange: 61'));
    const same = fengsui('backtest', 'diff', json, json, '--json');
    expect([same.status, same.json().same]).toEqual([0, true]);
    const other = fengsui(...['backtest', 'diff', national, lower, '--data', storm, '--quantity', 'rain', '--json']);
    expect(other.status).toBe(0);
    expect(other.json().first).toEqual([
      expect.objectContaining({ subject: 'gauge', level: 'orange', a: expect.any(String), b: null }),
    ]);
  });

  it('plays a rule that names places elsewhere for what it can, and says what does not apply', async () => {
    const rules = file(
      'elsewhere.yaml',
      `
rules:
  - id: slope-rain
    title: { zh: 斜坡雨量, en: rain at slopes }
    hazard: landslide
    quantity: rain
    measure: { kind: rollingSum, window: 3h }
    levels: { yellow: 50 }
    where: { kinds: [slope] }
    overrides: [{ points: [taoshuwan], levels: { yellow: 40 } }]
  - id: only-there
    title: { zh: 只在那里, en: only there }
    hazard: landslide
    quantity: rain
    measure: { kind: rollingSum, window: 3h }
    levels: { yellow: 50 }
    where: { points: [taoshuwan] }
`,
    );
    const { status, json } = await inThisProcess({ rules: [rules], data: storm, quantity: 'rain', json: true });
    expect(status).toBe(0);
    const { changes, notes } = json();
    expect(changes.map(({ hazard, level }: { hazard: string; level: string }) => [hazard, level])).toEqual([
      ['landslide', 'yellow'],
      ['landslide', 'none'],
    ]);
    expect(notes).toContain('the rule only-there watches nothing in this recording');
    expect(notes).toContain('rules name the point taoshuwan, which this recording does not have');
  });

  it.each([
    ['no rules', { data: storm }, '--rules'],
    ['a folder that is not there', { rules: ['nowhere'], data: storm }, 'no such file'],
    ['a level that is none', { rules: [national], data: storm, warnLevel: 'pink' }, 'pink'],
    ['an end before the beginning', { rules: [national], data: storm, from: '2026-06-02', to: '2026-06-01' }, '--to'],
    ['a time of nothing', { rules: [national], data: storm, from: '2030-01-01' }, 'no rows'],
    ['a sweep of no rule', { rules: [national], data: storm, sweep: ['rian.red=1..2/1'] }, 'rian'],
    ['stamps of nobody’s time', { rules: [national], data: local }, '--zone'],
    ['a folder that is no centre', { checkReplay: dir }, 'rules.sqlite'],
  ])('refuses %s with exit code 2 and says why', async (_, given: Partial<BacktestArguments>, why) => {
    const { status, stdout, stderr } = await inThisProcess({ ...given, json: true });
    expect(status).toBe(2);
    expect(stderr).toContain(why);
    expect(stdout).toBe('');
  });

  it('tells file, line and column of a rule that is wrong', async () => {
    const wrong = file('wrong.yaml', readFileSync(national, 'utf8').replace('quantity: rain', 'quantity: rian'));
    const { status, stderr } = await inThisProcess({ rules: [wrong], data: storm, json: true });
    expect(status).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:\d+:\d+: error: .*rian.*did you mean "rain"/);
  });

  it.skipIf(!existsSync(boulder))(
    'reads stamps without an offset as clock time of --zone, in a known format too',
    async () => {
      const { status, json, stderr } = await inThisProcess({
        ...{
          rules: [national],
          data: boulder,
          zone: 'America/Denver',
          from: '2013-09-01',
          to: '2013-09-20',
          json: true,
        },
      });
      expect(status).toBe(0);
      expect(json().changes[0]).toMatchObject({ at: '2013-09-11T19:00:00-06:00', level: 'blue' });
      expect(stderr).toContain('stamps read as clock time of America/Denver, not of Etc/GMT+7');
    },
  );

  it.skipIf(!existsSync(boulder))(
    'gives the four colours of Boulder 2013 at the hours that the record gives',
    async () => {
      const { status, json } = await inThisProcess({
        ...{ rules: [national], data: boulder, from: '2013-09-01', to: '2013-09-20', json: true },
      });
      expect(status).toBe(0);
      const raised = json().changes.slice(0, 4);
      expect(raised.map(({ at, level }: { at: string; level: string }) => `${level} ${at}`)).toEqual([
        'blue 2013-09-11T19:00:00-07:00',
        'yellow 2013-09-11T21:00:00-07:00',
        'orange 2013-09-11T23:00:00-07:00',
        'red 2013-09-12T00:00:00-07:00',
      ]);
    },
  );
});
