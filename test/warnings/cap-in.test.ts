import { afterEach, describe, expect, test } from 'vitest';
import type { CapInfo, CapMessage } from '#alerts/cap/message.ts';
import { capTime } from '#alerts/cap/times.ts';
import { writeCap } from '#alerts/cap/write.ts';
import { parseCap } from '#alerts/io/cap/check.ts';
import { T0 } from '#alerts/testing/sample.ts';
import { HOUR_MS } from '#model/time.ts';
import { decodeXml } from '#model/xml-text.ts';
import { mappedRegistry } from '../exchange/support.ts';
import { openWarningDesk, type WarningDesk } from './desk.ts';

const open: WarningDesk[] = [];
const desk = () => {
  const one = openWarningDesk(mappedRegistry());
  open.push(one);
  return one;
};
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const SENDER = 'qxj@city.example.invalid';
const at = (ms: number) => capTime(ms, 'Asia/Shanghai');
type Part = Partial<CapInfo> & { readonly codes?: readonly string[] };

const info = ({ codes = [], ...more }: Part): CapInfo => ({
  language: 'zh-CN',
  categories: ['Met'],
  event: '暴雨',
  responseTypes: [],
  urgency: 'Immediate',
  severity: 'Severe',
  certainty: 'Likely',
  eventCodes: [],
  effective: null,
  onset: null,
  expires: at(T0 + 12 * HOUR_MS),
  senderName: '市气象台',
  headline: '暴雨橙色预警',
  description: '强降雨。',
  instruction: null,
  contact: null,
  parameters: [],
  areas: codes.map((value) => ({
    areaDesc: value,
    polygons: [],
    circles: [],
    geocodes: [{ valueName: 'XZQH', value }],
  })),
  ...more,
});

type Message = Partial<Omit<CapMessage, 'references'>> & {
  readonly n: number;
  readonly sentMs?: number;
  readonly of?: readonly number[];
};
const sentOf = (n: number) => at(T0 + n * 60_000);
const message = ({ n, of = [], sentMs, ...more }: Message): string =>
  writeCap({
    identifier: `M${n}`,
    sender: SENDER,
    sent: sentMs === undefined ? sentOf(n) : at(sentMs),
    status: 'Actual',
    msgType: 'Alert',
    source: null,
    scope: 'Public',
    restriction: null,
    addresses: null,
    codes: [],
    note: more.status === 'Exercise' ? '演练' : null,
    references: of.map((one) => ({ sender: SENDER, identifier: `M${one}`, sent: sentOf(one) })),
    incidents: null,
    infos: [info({ codes: ['331004001', '331004002'] })],
    ...more,
  });

const levels = (county: WarningDesk) =>
  Object.fromEntries((county.warnings(true)[0]?.areas ?? []).map(({ gridCode, level }) => [gridCode, level]));

describe('a warning that comes as CAP', () => {
  test('惠东 2025-09-17: one message lowers two townships of many, the others stay in force', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    expect(levels(county)).toEqual({ '331004001': 'orange', '331004002': 'orange' });
    const lowered = county.cap(
      message({
        n: 2,
        msgType: 'Update',
        of: [1],
        infos: [
          info({
            codes: ['331004001'],
            severity: 'Moderate',
            headline: '将河东镇暴雨橙色预警降级为黄色预警，其余镇街仍生效',
            parameters: [{ valueName: 'color', value: '黄色' }],
          }),
        ],
      }),
    );
    expect(lowered.ok).toBe(true);
    expect(county.warnings()).toHaveLength(1);
    expect(levels(county)).toEqual({ '331004002': 'orange', '331004001': 'yellow' });
    expect(county.alertOf(county.warnings(true)[0]?.id ?? '')).toMatchObject({ level: 'orange', round: 1 });
  });

  test('a township that a later message does not name ends when the message that named it said', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    county.cap(
      message({
        n: 2,
        msgType: 'Update',
        of: [1],
        infos: [info({ codes: ['331004001'], severity: 'Extreme', headline: null, expires: at(T0 + 24 * HOUR_MS) })],
      }),
    );
    expect(levels(county)).toEqual({ '331004002': 'orange', '331004001': 'red' });
    county.at(T0 + 12 * HOUR_MS);
    expect(levels(county)).toEqual({ '331004001': 'red', '331004002': 'none' });
    county.at(T0 + 24 * HOUR_MS);
    expect(county.warnings(true)).toEqual([]);
  });

  test('is taken once, however often and by whatever way it comes', () => {
    const county = desk();
    for (const source of ['feed', 'api', 'feed']) county.cap(message({ n: 1 }), source);
    expect(county.warnings()).toHaveLength(1);
  });

  test('an update that overtook its first message stands, and the first one changes nothing when it comes', () => {
    const county = desk();
    county.cap(
      message({
        n: 2,
        msgType: 'Update',
        of: [1],
        infos: [info({ codes: ['331004001'], severity: 'Extreme', headline: null })],
      }),
    );
    county.cap(message({ n: 1 }));
    expect(county.warnings()).toHaveLength(1);
    expect(levels(county)).toEqual({ '331004001': 'red' });
  });

  test('an older update that comes after a newer one changes nothing', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    county.cap(
      message({
        n: 3,
        msgType: 'Update',
        of: [1],
        infos: [info({ codes: ['331004001'], severity: 'Extreme', headline: null })],
      }),
    );
    const late = county.cap(
      message({
        n: 2,
        msgType: 'Update',
        of: [1],
        infos: [info({ codes: ['331004001'], severity: 'Minor', headline: null })],
      }),
    );
    expect(late.message.en).toContain('older');
    expect(levels(county)['331004001']).toBe('red');
  });

  test('a cancel lifts the one warning that it names, also when it comes first', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    county.cap(message({ n: 5 }));
    county.cap(message({ n: 6, msgType: 'Cancel', of: [1], infos: [] }));
    expect(county.warnings(true).map(({ message: own }) => own?.identifier)).toEqual(['M5']);
    county.cap(message({ n: 8, msgType: 'Cancel', of: [7], infos: [] }));
    county.cap(message({ n: 7 }));
    expect(county.warnings(true)).toHaveLength(1);
  });

  test('nobody lifts what another has decreed', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    const result = county.cap(
      message({ n: 2, sender: 'stranger@example.invalid', msgType: 'Cancel', of: [1], infos: [] }),
    );
    expect(result.message.en).toContain('another sender');
    expect(county.warnings(true)).toHaveLength(1);
  });

  test('an exercise is a drill, a test is written down, and neither becomes live', () => {
    const county = desk();
    county.cap(message({ n: 1, status: 'Exercise' }));
    expect(county.warnings().map(({ origin }) => origin)).toEqual(['drill']);
    expect(county.alertOf(county.warnings()[0]?.id ?? '').origin).toBe('drill');
    for (const [n, status] of (['Test', 'System', 'Draft'] as const).entries())
      county.cap(message({ n: 10 + n, status }));
    expect(county.warnings()).toHaveLength(1);
    expect(county.alerts.events('cap-log')).toHaveLength(3);
    // Nor does a live update turn the drill into something real.
    county.cap(message({ n: 2, msgType: 'Update', of: [1] }));
    expect(county.warnings().map(({ origin }) => origin)).toEqual(['drill']);
  });

  test('that does not touch the county, or has run out, is written down', () => {
    const county = desk();
    county.cap(message({ n: 1, infos: [info({ codes: ['440300'] })] }));
    county.cap(
      message({
        n: 2,
        infos: [info({ codes: ['331004'], expires: at(T0 - HOUR_MS), effective: at(T0 - 2 * HOUR_MS) })],
      }),
    );
    expect(county.warnings()).toEqual([]);
    expect(county.alerts.events('cap-log')).toHaveLength(2);
  });

  test('whose alert a person declared false begins anew with the next update', () => {
    const county = desk();
    county.cap(message({ n: 1 }));
    const first = county.warnings(true)[0]?.id ?? '';
    county.give({
      id: 'false',
      by: 'c-disp',
      atMs: T0,
      from: 'console',
      note: '误发',
      alertId: `a${first}`,
      action: 'falseAlarm',
    });
    expect(county.warnings(true)).toEqual([]);
    county.cap(message({ n: 2, msgType: 'Update', of: [1] }));
    expect(county.warnings(true)).toHaveLength(1);
    expect(county.warnings(true)[0]?.id).not.toBe(first);
  });
});

describe('a hostile document', () => {
  const wrap = (inner: string, head = '') =>
    `<?xml version="1.0"?>${head}<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">${inner}</alert>`;
  test.each([
    ['a billion laughs', wrap('&lol9;', '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol9 "&lol;&lol;">]>')],
    ['a file of ours', wrap('<identifier>&x;</identifier>', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
    ['an entity that is not declared', wrap('<identifier>&x;</identifier>')],
    ['depth', wrap(`${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`)],
    ['ten megabytes', wrap(`<note>${'x'.repeat(10_000_000)}</note>`)],
    ['tags that do not meet', wrap('<identifier></sender>')],
    ['two roots', `${wrap('')}${wrap('')}`],
    ['a control character', wrap('<note>\u0000</note>')],
    ['no XML at all', 'GET / HTTP/1.1'],
    ['nothing', ''],
    ['another namespace', '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"></alert>'],
  ])('of %s is refused, quickly and with a reason', (_, xml) => {
    const before = performance.now();
    const read = parseCap(xml);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.error[0]?.message).toMatch(/./);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test('is refused by the door before it is parsed', () => {
    expect(decodeXml(new Uint8Array(10_000_000))).toMatchObject({ ok: false });
    expect(decodeXml(Buffer.from('<?xml version="1.0" encoding="EBCDIC"?><a/>'))).toMatchObject({ ok: false });
    expect(decodeXml(Buffer.from([0x3c, 0xff, 0x3e]))).toMatchObject({ ok: false });
    expect(decodeXml(Buffer.from('<!doctype a><a/>'))).toMatchObject({ ok: false });
  });

  test('findings name their line', () => {
    const broken = message({ n: 1, msgType: 'Update' }).replace(
      '<severity>Severe</severity>',
      '<severity>Red</severity>',
    );
    const read = parseCap(broken);
    if (read.ok) throw new Error('it must not pass');
    const line = broken.split('\n').findIndex((text) => text.includes('<severity>Red')) + 1;
    expect(read.error[0]).toMatchObject({ path: 'info[0].severity', line });
    const unnamed = parseCap(message({ n: 1, msgType: 'Update' }));
    expect(!unnamed.ok && unnamed.error[0]?.path).toBe('references');
  });
});

describe('encodings', () => {
  const xml = message({ n: 1 });
  test('UTF-8 with a mark, UTF-16 and GB18030 come out the same', () => {
    const identifier = (text: string) => {
      const read = parseCap(text);
      return read.ok ? read.value.message.infos[0]?.event : read.error;
    };
    const marked = decodeXml(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(xml)]));
    expect(marked.ok && identifier(marked.value)).toBe('暴雨');
    const wide = decodeXml(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')]));
    expect(wide.ok && identifier(wide.value)).toBe('暴雨');
    // 暴雨 in GB18030.
    const [head = '', tail = ''] = xml
      .replace('UTF-8', 'GB18030')
      .replace(/市气象台|橙色预警|强降雨。/g, '')
      .replace('<headline>暴雨</headline>', '<headline>x</headline>')
      .split('暴雨');
    const chinese = decodeXml(
      Buffer.concat([Buffer.from(head), Buffer.from([0xb1, 0xa9, 0xd3, 0xea]), Buffer.from(tail)]),
    );
    expect(chinese.ok && identifier(chinese.value)).toBe('暴雨');
  });
});
