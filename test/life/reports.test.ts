import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReportReader } from '#alerts/io/reports/reader.ts';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import type { ReportCommand } from '#model/command.ts';
import type { ReportRule } from '#model/policy.ts';
import type { UpReport } from '#model/report.ts';
import { at, openRecord, QUIET_POLICY, type Record } from './record.ts';

const rule = (id: string, more: Partial<ReportRule>): ReportRule => ({
  ...{ id, name: { zh: id, en: id }, from: 'orange', fromTier: 2, to: 'above', kind: 'telephone' },
  withinMs: 20 * 60_000,
  ...more,
});
const RULES: readonly ReportRule[] = [
  rule('phone', {}),
  rule('written', { kind: 'written', withinMs: 40 * 60_000 }),
  rule('land', {
    kind: 'copy',
    fromTier: 1,
    to: { department: { zh: '自然资源局', en: 'land bureau' } },
    withinMs: 30 * 60_000,
  }),
  rule('city', { kind: 'written', from: 'red', fromTier: 1, withinMs: 120 * 60_000 }),
  rule('again', { kind: 'followUp', from: 'red', withinMs: 60 * 60_000, everyMs: 60 * 60_000 }),
  rule('final', { kind: 'final', withinMs: 240 * 60_000 }),
];
const county = { ...sampleRegistry([CONSOLE]), policy: { ...QUIET_POLICY, reports: RULES } };

let record: Record;
let reader: ReturnType<typeof openReportReader>;
beforeEach(() => {
  record = openRecord(county);
  reader = openReportReader(record.dataDir);
});
afterEach(() => {
  reader.close();
  record.close();
});

const all = (open?: boolean): readonly UpReport[] =>
  reader.list(open === undefined ? { gridCodes: ['331004'] } : { gridCodes: ['331004'], open });
const states = (): readonly string[] =>
  all()
    .map(({ rule: of, n, state }) => `${of} ${n} ${state}`)
    .sort();
const end = (minute: number, of: string, action: ReportCommand['action'] = 'done', note = '', by = 't1-a') => {
  const report = all(true).find(({ id }) => id.endsWith(of));
  const said = { id: `r${minute}${of}`, by, atMs: at(minute), from: 'console', note };
  return record.gives({ ...said, kind: 'report', action, reportId: report?.id ?? of }, minute);
};
const told = (kind: string) =>
  record.reader.eventsAfter(0, 10_000).filter((event) => event.kind === 'report' && event.text.en.includes(kind));

describe('reports upwards', () => {
  it('count down from the first telling, are done in time or told as late, and end with the alert', () => {
    // 02:00 orange above the village: the township owes the county a call and a letter, the county a copy.
    record.sees({ to: 'orange' }, 0);
    expect(states()).toEqual(['land 1 due', 'phone 1 due', 'written 1 due']);
    const phone = all().find(({ rule: of }) => of === 'phone');
    expect(phone).toMatchObject({ gridCode: '331004001', to: { zh: '青川县' }, startedAtMs: at(0), dueAtMs: at(20) });
    expect(phone?.contents?.zh).toContain('青川县河东镇上湾村青石岭：滑坡橙色预警');

    // 02:12 the township rings up the county.
    expect(end(12, 'phone/1', 'done', '已向县值班报告')?.message.zh).toContain('按时');
    // 02:25 it turns red: only what red asks for begins now.
    record.sees({ from: 'orange', to: 'red' }, 25);
    expect(states()).toEqual(['again 1 due', 'city 1 due', 'land 1 due', 'phone 1 done', 'written 1 due']);
    expect(all().find(({ rule: of }) => of === 'city')).toMatchObject({ dueAtMs: at(145), to: { zh: '上级（市）' } });

    // 02:30 the copy is late, 02:40 the letter as well: the desks of that tier and above hear it, once.
    record.until(45);
    expect(states().filter((one) => one.endsWith('overdue'))).toEqual(['land 1 overdue', 'written 1 overdue']);
    expect(told('is overdue')).toHaveLength(2);
    const round = record.alerts()[0]?.round;
    expect(round).toBe(2);

    // 02:50 the letter goes out late, the copy is waived with a reason.
    expect(end(50, 'written/1')?.message.zh).toContain('超时10分钟');
    expect(end(51, 'land/1', 'waive', '', 'c-a')?.ok).toBe(false);
    expect(end(52, 'land/1', 'waive', '自然资源局已在现场', 'c-a')?.ok).toBe(true);

    // 03:25, 04:25 it is still red: it is reported again and again; nobody is asked anew by that.
    expect(end(80, 'again/1')?.ok).toBe(true);
    record.until(150);
    expect(states()).toContain('again 2 overdue');
    expect(states()).toContain('again 3 due');
    expect(record.alerts()[0]?.round).toBe(round);

    // 04:30 it has cleared and is closed: what was to follow is over, the final report is owed.
    record.sees({ from: 'red', to: 'none' }, 150);
    record.does(155, record.alerts()[0]?.id ?? '', 'close', { note: '险情解除' });
    expect(states().filter((one) => one.startsWith('again'))).toEqual([
      'again 1 done',
      'again 2 waived',
      'again 3 waived',
    ]);
    expect(all().find(({ rule: of }) => of === 'final')).toMatchObject({ state: 'due', dueAtMs: at(155 + 240) });
    expect(end(200, 'final/1')?.ok).toBe(true);
  });

  it('of a drill are owed as long as it lasts, and none is owed or late afterwards', () => {
    record.sees({ to: 'red', origin: 'drill' }, 0);
    expect(all(true).length).toBeGreaterThan(2);
    const id = record.alerts()[0]?.id ?? '';
    record.sees({ from: 'red', to: 'none', origin: 'drill' }, 4);
    expect(record.does(5, id, 'falseAlarm', { note: '演练结束' })).toMatchObject({ ok: true });
    expect(all(true)).toEqual([]);
    expect(states().every((one) => one.endsWith(' waived'))).toBe(true);
    record.until(600);
    expect(told('is overdue')).toEqual([]);
  });

  it('begin once, however often the alert worsens, and not at a level that owes none', () => {
    record.sees({ to: 'yellow' }, 0);
    expect(all()).toEqual([]);
    record.sees({ from: 'yellow', to: 'orange' }, 1);
    record.sees({ from: 'orange', to: 'red' }, 2);
    record.sees({ from: 'red', to: 'orange' }, 3);
    record.sees({ from: 'orange', to: 'red' }, 4);
    expect(all().filter(({ rule: of }) => of === 'phone')).toHaveLength(1);
    expect(all().find(({ rule: of }) => of === 'phone')?.dueAtMs).toBe(at(21));
  });

  it('that fell due while the centre was away are late once, and only the newest follow-up is owed', () => {
    record.sees({ to: 'red' }, 0);
    record.restart();
    record.until(60 * 5 + 30);
    expect(
      all()
        .filter(({ rule: of }) => of === 'phone')
        .map(({ state }) => state),
    ).toEqual(['overdue']);
    expect(told('phone').filter(({ text }) => text.en.includes('is overdue'))).toHaveLength(1);
    expect(all(true).filter(({ rule: of, state }) => of === 'again' && state === 'due')).toHaveLength(1);
  });

  it('are ended only by whoever answers there, and only once', () => {
    record.sees({ to: 'orange' }, 0);
    expect(end(1, 'phone/1', 'done', '', 'v3-head')?.message.en).toContain('outside');
    expect(end(2, 'phone/1', 'done', '', 'c-disp')?.ok).toBe(true);
    expect(
      record.gives(
        {
          ...{ id: 'x', by: 'c-disp', atMs: at(3), from: 'console', note: '' },
          kind: 'report',
          action: 'done',
          reportId: all(false)[0]?.id ?? '',
        },
        3,
      )?.ok,
    ).toBe(false);
    expect(end(4, 'nothing')?.ok).toBe(false);
  });

  it('are seen from the grids above the one that owes them, and from no other', () => {
    record.sees({ to: 'orange' }, 0);
    const seen = (code: string) => reader.list({ gridCodes: [code] }).length;
    expect([seen('331004'), seen('331004001'), seen('331004002'), seen('331004001001')]).toEqual([3, 2, 0, 0]);
  });
});
