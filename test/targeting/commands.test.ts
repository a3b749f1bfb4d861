import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexRegistry } from '#alerts/directory.ts';
import { openStore } from '#alerts/io/store.ts';
import { sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import { explainAlertCommand, explainPointCommand } from '#cli/io/explain.ts';
import { rosterGapsCommand, rosterWho } from '#cli/io/roster.ts';
import { parseMoment } from '#cli/moment.ts';
import { parseSettings, type Settings } from '#cli/settings.ts';
import { GOLDEN_DIR } from './support.ts';

let said: string[] = [];
beforeEach(() => {
  said = [];
  const keep = (line: unknown) => void said.push(String(line));
  vi.spyOn(console, 'log').mockImplementation(keep);
  vi.spyOn(console, 'error').mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function settings(dataDir = join(tmpdir(), 'fengsui-none')): Settings {
  const parsed = parseSettings({ FENGSUI_DATA: dataDir, FENGSUI_COUNTY: GOLDEN_DIR }, process.cwd());
  if (!parsed.ok) throw new Error(parsed.error.join());
  return { ...parsed.value, dataDir, countyDir: GOLDEN_DIR };
}
const last = <T>(): T => JSON.parse(said.at(-1) ?? 'null') as T;

describe('a moment that somebody types', () => {
  it.each([
    ['2026-06-03 14:00', '2026-06-03T06:00:00.000Z'],
    ['2026-06-03', '2026-06-02T16:00:00.000Z'],
    ['2026-06-03T14:00:00+02:00', '2026-06-03T12:00:00.000Z'],
    ['yesterday', undefined],
    ['14:00', undefined],
  ])('%s', (raw, expected) => {
    const atMs = parseMoment(raw, 'Asia/Shanghai');
    expect(atMs === undefined ? undefined : new Date(atMs).toISOString()).toBe(expected);
  });
});

describe('fengsui roster', () => {
  type Who = {
    readonly desks: readonly { readonly grid: string; readonly people: readonly { readonly id: string }[] }[];
  };
  it('says who is on duty at a desk, and for a village who answers above', () => {
    expect(rosterWho(settings(), { at: '2026-06-10 14:00', grid: '990001101201', json: true })).toBe(0);
    expect(last<Who>().desks).toMatchObject([{ grid: '990001101', people: [{ id: 'e-info' }, { id: 'e-b' }] }]);
    expect(rosterWho(settings(), { at: '2026-06-10 14:00', grid: '990001101201', json: false })).toBe(0);
    expect(said.join('\n')).toContain('东镇信息员 (e-info, A岗)、东乙 (e-b, B岗)');
  });
  it('says that nobody is', () => {
    expect(rosterWho(settings(), { at: '2026-06-10 21:00', grid: '990001102', json: false })).toBe(0);
    expect(said.join('\n')).toContain('无人值班');
  });
  it('refuses a moment and a grid that there are not', () => {
    expect(rosterWho(settings(), { at: 'noon', json: false })).toBe(2);
    expect(said.at(-1)).toContain('"noon" is no moment');
    expect(rosterWho(settings(), { grid: '12', json: false })).toBe(2);
  });
  it('lists hours without anybody, and townships without a desk, and ends with 1', () => {
    expect(rosterGapsCommand(settings(), { from: '2026-06-10 12:00', days: '2', json: true })).toBe(1);
    const { gaps } = last<{
      readonly gaps: readonly { readonly grid: string; readonly from: string | null; readonly to: string | null }[];
    }>();
    expect(gaps.map(({ grid, from, to }) => `${grid} ${from} ${to}`)).toEqual([
      '990001201 null null',
      '990001102 2026-06-10T20:00:00+08:00 2026-06-11T08:00:00+08:00',
      '990001102 2026-06-11T20:00:00+08:00 2026-06-12T08:00:00+08:00',
    ]);
    expect(rosterGapsCommand(settings(), { days: '60', grid: '990001101', json: false })).toBe(0);
  });
});

describe('fengsui explain', () => {
  it('says in words who would be told at a point, why, by what, and who comes after a silent one', () => {
    expect(
      explainPointCommand(settings(), 'group-one', { level: 'red', at: '2026-06-04 02:00', lang: 'zh', json: false }),
    ).toBe(0);
    const text = said.join('\n');
    expect(text).toContain('一组后山滑坡红色预警，2026-06-04 02:00：通知9人');
    expect(text).toContain('渠道：voice → sms');
    expect(text).toContain('网格长空缺：一组');
    expect(text).toMatch(/上村支书：.*\n　无应答时依次：东乙（值班）/);
    expect(text).toContain('叫应：5分钟内呼叫3次，须应答');
    expect(text).toContain('自动打开转移清单：2户7人');
  });
  it('refuses what there is not, and says what there is', () => {
    const options = { level: 'red', lang: 'zh', json: false };
    expect(explainPointCommand(settings(), 'nowhere', options)).toBe(2);
    expect(said.at(-1)).toContain('group-one');
    expect(explainPointCommand(settings(), 'lower', { ...options, level: 'purple' })).toBe(2);
    expect(explainPointCommand(settings(), 'lower', { ...options, hazard: 'meteor' })).toBe(2);
  });
  it('says from the data folder what was decided about an alert', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-explain-'));
    try {
      const store = openStore(dataDir);
      const { changed } = store.takeTransitions(
        [{ pos: 1, entry: transition({ n: 1, to: 'orange' }) }],
        indexRegistry(sampleRegistry()),
        T0 + 60_000,
      );
      store.close();
      const id = changed[0] ?? '';
      expect(explainAlertCommand(settings(dataDir), id, { lang: 'zh', json: false })).toBe(0);
      const text = said.join('\n');
      expect(text).toContain('上湾村网格长（隐患点所在网格，预案第1条）');
      expect(text).toContain('河东镇值班（A岗）（黄色及以上报乡镇值班，预案第2条）');
      expect(text).toContain('第1步 orange');
      expect(explainAlertCommand(settings(dataDir), 'none', { lang: 'en', json: false })).toBe(2);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
