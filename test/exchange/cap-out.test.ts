import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAP_SEVERITY, EBM_SEVERITY, EBM_TEST, GEO_HAZARD_LEVEL, levelOfCap } from '#alerts/cap/colours.ts';
import { composeCap } from '#alerts/cap/compose.ts';
import { formatIdentifier, IDENTIFIER, type LastNumber, nextNumber, unitDigits } from '#alerts/cap/identifier.ts';
import { capFaults } from '#alerts/cap/rules.ts';
import { capTime, parseCapTime } from '#alerts/cap/times.ts';
import { typeOfNext } from '#alerts/cap/timetable.ts';
import { writeCap } from '#alerts/cap/write.ts';
import { parseCap } from '#alerts/io/cap/check.ts';
import { T0 } from '#alerts/testing/sample.ts';
import { needs } from '#test/support/needs.ts';
import { hasVectors, mappedRegistry, randomAlert, randomWarning, VECTORS } from './support.ts';

const registry = mappedRegistry();
const SENDER = '331004416@yjj.example.invalid';
const cases = fc.record({
  alert: randomAlert,
  warning: randomWarning,
  said: fc.integer({ min: 0, max: 3 }),
});

function composed({ alert, warning, said }: typeof cases extends fc.Arbitrary<infer T> ? T : never) {
  const over = alert.lifecycle === 'closed';
  // What was never said is not cancelled.
  const before = over ? said + 1 : said;
  const references = Array.from({ length: before }, (_, n) => ({
    sender: SENDER,
    identifier: formatIdentifier(unitDigits(SENDER, '331004'), { second: T0 / 1_000 - 60, n }, 'Asia/Shanghai'),
    sent: capTime(T0 - 60_000, 'Asia/Shanghai'),
  }));
  return composeCap(
    {
      alert,
      warning: alert.subject.kind === 'area' ? warning : null,
      reason: alert.conditions[0]?.reason ?? { zh: '', en: '' },
      msgType: typeOfNext(before > 0, over),
      sender: SENDER,
      identifier: formatIdentifier(unitDigits(SENDER, '331004'), { second: T0 / 1_000, n: 0 }, 'Asia/Shanghai'),
      sentMs: T0,
      expiresMs: T0 + 3_600_000,
      references,
    },
    registry,
  );
}

describe('a CAP message made of any alert', () => {
  test.skipIf(!needs('xmllint') || !hasVectors)('is valid against the OASIS schema', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fengsui-cap-'));
    const files: string[] = [];
    fc.assert(
      fc.property(cases, (one) => {
        const file = join(folder, `${files.length}.xml`);
        writeFileSync(file, writeCap(composed(one)));
        files.push(file);
      }),
      { numRuns: 300 },
    );
    // Throws with the validator's words when one of them is not.
    execFileSync('xmllint', ['--noout', '--schema', `${VECTORS}/CAP-v1.2.xsd`, ...files], { stdio: 'pipe' });
    expect(files.length).toBeGreaterThanOrEqual(300);
    rmSync(folder, { recursive: true });
  });

  test('keeps the rules that the schema cannot say, and reads back as what it was', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const message = composed(one);
        expect(capFaults(message).filter(({ severity }) => severity === 'error')).toEqual([]);
        const back = parseCap(writeCap(message));
        if (!back.ok) throw new Error(JSON.stringify(back.error));
        const { infos, ...header } = back.value.message;
        expect({ ...header, source: null }).toEqual({ ...message, source: null, infos: undefined });
        expect(infos.map(({ areas, severity, urgency }) => ({ areas, severity, urgency }))).toEqual(
          message.infos.map(({ areas, severity, urgency }) => ({ areas, severity, urgency })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('says what it is: live is Actual, a drill Exercise, everything else Test', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { status, note, infos } = composed(one);
        const { origin } = one.alert;
        expect(status).toBe(origin === 'live' ? 'Actual' : origin === 'drill' ? 'Exercise' : 'Test');
        if (origin === 'live') return;
        expect(note).not.toBeNull();
        for (const { headline, language } of infos)
          expect(headline).toMatch(language === 'zh-CN' ? /（(演练|测试)）$/ : /\((EXERCISE|TEST)\)$/);
      }),
    );
  });

  test('has a block in zh-CN and en-US for each level of its area, and an end', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { infos, msgType, sent } = composed(one);
        const of = (language: string) => infos.filter((info) => info.language === language);
        expect(of('zh-CN').length).toBe(of('en-US').length);
        expect(new Set(of('zh-CN').map(({ severity }) => severity)).size).toBe(of('zh-CN').length);
        for (const info of infos) {
          expect(parseCapTime(info.expires ?? '')).toBeGreaterThanOrEqual(parseCapTime(sent) ?? 0);
          expect(info.expires).toMatch(/\+08:00$/);
          if (msgType === 'Cancel')
            expect([info.urgency, info.severity, info.certainty]).toEqual(['Past', 'Unknown', 'Unlikely']);
        }
      }),
    );
  });
});

describe('colours', () => {
  test.each([
    ['red', 'Extreme', '0', 1],
    ['orange', 'Severe', '1', 2],
    ['yellow', 'Moderate', '2', 3],
    ['blue', 'Minor', '3', 4],
  ] as const)('%s is %s in CAP, %s on the geological platform and %s in a broadcast', (level, cap, geo, ebm) => {
    expect([CAP_SEVERITY[level], GEO_HAZARD_LEVEL[level], EBM_SEVERITY[level]]).toEqual([cap, geo, ebm]);
    expect(levelOfCap(cap, null)).toBe(level);
  });
  test('none is 4 on the geological platform, and a test 15 in a broadcast', () => {
    expect([GEO_HAZARD_LEVEL.none, EBM_TEST]).toEqual(['4', 15]);
  });
  test('a colour that is named outranks the severity', () => {
    expect(levelOfCap('Minor', '红色')).toBe('red');
    expect(levelOfCap('Unknown', 'Orange')).toBe('orange');
    expect(levelOfCap('Unknown', null)).toBeNull();
  });
});

describe('identifiers of GB/T 35965.1', () => {
  test('have 31 characters, and the time of the county', () => {
    const identifier = formatIdentifier(unitDigits(SENDER, '331004'), { second: T0 / 1_000, n: 7 }, 'Asia/Shanghai');
    expect(identifier).toBe('33100441600000_20220603080000_7');
    expect(identifier).toHaveLength(31);
    expect(unitDigits('yjj@example.invalid', '331004')).toBe('33100400000000');
  });

  test('are never given twice, ten a second at most, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 3_000 }), { minLength: 50, maxLength: 200 }), (steps) => {
        let last: LastNumber | undefined;
        let nowMs = T0;
        const given = new Set<string>();
        const perSecond = new Map<string, number>();
        for (const step of steps) {
          nowMs += step;
          last = nextNumber(last, nowMs);
          const identifier = formatIdentifier('33100441600000', last, 'Asia/Shanghai');
          expect(identifier).toMatch(IDENTIFIER);
          expect(given.has(identifier)).toBe(false);
          given.add(identifier);
          const second = identifier.slice(0, -2);
          perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
        }
        expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('the eleventh of a second takes the next one', () => {
    let last: LastNumber | undefined;
    const all = Array.from({ length: 11 }, () => {
      last = nextNumber(last, T0 + 500);
      return last;
    });
    expect(all[9]).toEqual({ second: T0 / 1_000, n: 9 });
    expect(all[10]).toEqual({ second: T0 / 1_000 + 1, n: 0 });
  });
});

describe('times of CAP', () => {
  test.each([
    '2022-06-03T14:25:00Z',
    '2022-06-03T14:25:00.123+08:00',
    '2022-02-30T14:25:00+08:00',
    '2022-06-03 14:25:00+08:00',
    '',
    '2022-06-03T24:00:00+08:00',
  ])('refuse %s', (raw) => {
    expect(parseCapTime(raw)).toBeUndefined();
  });
  test('are written with the offset of the zone, UTC as -00:00', () => {
    expect(capTime(T0, 'Asia/Shanghai')).toBe('2022-06-03T08:00:00+08:00');
    expect(capTime(T0, 'UTC')).toBe('2022-06-03T00:00:00-00:00');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e9 }),
        fc.constantFrom('Asia/Shanghai', 'America/St_Johns', 'UTC'),
        (s, zone) => {
          expect(parseCapTime(capTime(s * 1_000, zone))).toBe(s * 1_000);
        },
      ),
    );
  });
});

describe.skipIf(!hasVectors)('the examples of the standard', () => {
  test.each(['cap_amber_alert_example.xml', 'sample_451027_rain_red.xml'])('%s is read', (name) => {
    const read = parseCap(readFileSync(`${VECTORS}/${name}`, 'utf8'));
    expect(read.ok).toBe(true);
  });
});
