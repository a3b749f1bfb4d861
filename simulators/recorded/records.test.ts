/** Inventories and truths, as people write them: YAML, JSON and CSV, and what is wrong with its line. */
import { describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import { parseInventory } from '#simulators/recorded/inventory.ts';
import { parseTruth } from '#simulators/recorded/truth.ts';

const text = (got: { ok: true; value: unknown } | { ok: false; error: readonly Parameters<typeof formatLint>[0][] }) =>
  got.ok ? 'accepted' : got.error.map(formatLint).join('\n');

describe('an inventory', () => {
  const expected = [
    [
      'r1',
      { quantity: 'rain', unit: 'in', pointId: 'hill', kind: 'slope', lon: 107.1, lat: 26.5, staleAfterMs: 5_400_000 },
    ],
    ['w1', { quantity: 'level' }],
  ];
  it.each([
    [
      'i.yaml',
      'sensors:\n  - { sensor: r1, quantity: rain, unit: in, point: hill, kind: slope, lon: 107.1, lat: 26.5, staleAfter: 90m }\n  - { id: w1, quantity: level }\n',
    ],
    [
      'i.yml',
      'r1: { quantity: rain, unit: in, point: hill, kind: slope, lon: 107.1, lat: 26.5, staleAfter: 90m }\nw1: level\n',
    ],
    [
      'i.json',
      '[{"sensor":"r1","quantity":"rain","unit":"in","point":"hill","kind":"slope","lon":107.1,"lat":26.5,"staleAfter":"90m"},{"sensor":"w1","quantity":"level"}]',
    ],
    [
      'i.csv',
      '\uFEFFsensor,quantity,unit,point,kind,lon,lat,staleAfter\r\nr1,rain,in,hill,slope,107.1,26.5,90m\r\nw1,level,,,,,,\r\n',
    ],
  ])('is read from %s', (file, body) => {
    const got = parseInventory(file, body);
    expect(text(got)).toBe('accepted');
    expect(got.ok && [...got.value]).toEqual(expected);
  });
  it.each([
    ['- { sensor: a, quantity: snow }', /i\.yaml:1:1: .*unknown quantity snow/],
    ['- { sensor: a, quantity: rain }\n- { sensor: a, quantity: rain }', /i\.yaml:2:1: .*a is there twice/],
    ['- { sensor: a, quantity: rain, unit: km }', /km is no unit of rain/],
    ['- { sensor: a, quantity: rain, pint: x }', /"pint" is not known here; known: sensor/],
    ['- { sensor: a, quantity: rain, kind: hill }', /kind hill is not one of slope/],
    ['- { sensor: a, quantity: rain, lat: 97 }', /lat is 97, no degrees/],
    ['- { sensor: a, quantity: rain, staleAfter: soon }', /staleAfter is soon/],
    ['- { quantity: rain }', /an entry needs a sensor/],
    ['- [', /i\.yaml:\d/],
    ['7', /must be a list/],
  ])('says what is wrong with %s', (body, expectedText) => {
    expect(text(parseInventory('i.yaml', body))).toMatch(expectedText);
  });
});

describe('a truth', () => {
  const shown = (file: string, body: string, zone?: string) => {
    const got = parseTruth(file, body, zone);
    if (!got.ok) throw new Error(got.error.map(formatLint).join('\n'));
    return got.value.events.map(({ fromMs, toMs, ...rest }) => [
      formatInZone(fromMs, 'Asia/Shanghai').slice(0, 16),
      formatInZone(toMs, 'Asia/Shanghai').slice(0, 16),
      rest,
    ]);
  };
  it('is a list of events with from and to, or at, in YAML with a zone of its own', () => {
    const body =
      'zone: Asia/Shanghai\nhazard: landslide\nsource: a report\nevents:\n  - { at: 2022-06-03T14:05, name: slide, subject: taoshuwan }\n  - { from: 2022-06-01, to: 2022-06-02 }\n';
    expect(shown('t.yaml', body, 'UTC')).toEqual([
      ['2022-06-01T00:00', '2022-06-02T23:59', { hazard: 'landslide' }],
      ['2022-06-03T14:05', '2022-06-03T14:05', { name: 'slide', subject: 'taoshuwan', hazard: 'landslide' }],
    ]);
  });
  it('is as well CSV or JSON, whose local times are of --zone', () => {
    const expected = [['2022-06-03T08:00', '2022-06-03T10:00', {}]];
    expect(shown('t.csv', 'from,to\n2022-06-03 08:00,2022-06-03 10:00\n', 'Asia/Shanghai')).toEqual(expected);
    expect(shown('t.json', '{"events":[{"from":"2022-06-03T00:00:00Z","to":"2022-06-03T10:00:00+08:00"}]}')).toEqual(
      expected,
    );
    expect(shown('t.json', '["2022-06-03"]', 'Asia/Shanghai')).toEqual([['2022-06-03T00:00', '2022-06-03T23:59', {}]]);
  });
  it('takes the names that tables of events have for its times', () => {
    const expected = [['2022-06-03T08:00', '2022-06-03T10:00', {}]];
    expect(shown('t.csv', 'start,end\n2022-06-03 08:00,2022-06-03 10:00\n', 'Asia/Shanghai')).toEqual(expected);
    expect(shown('t.csv', 'time\n2022-06-03T00:00:00Z\n')).toEqual([['2022-06-03T08:00', '2022-06-03T08:00', {}]]);
    expect(shown('t.csv', 'date\n2022-06-03\n', 'Asia/Shanghai')).toEqual([
      ['2022-06-03T00:00', '2022-06-03T23:59', {}],
    ]);
  });
  it.each([
    ['- { at: 2022-06-31 }', /t\.yaml:1:1: .*no time 2022-06-31/],
    ['- { to: 2022-06-03 }', /needs from and to, or at/],
    ['- { from: 2022-06-03, to: 2022-06-01 }', /ends \(2022-06-01\) before it begins/],
    ['- { at: 2022-06-03, hazard: snow }', /hazard snow is not one of landslide/],
    ['- { at: 2022-06-03, when: now }', /"when" is not known here/],
    ['zone: Mars/Olympus\nevents: []', /there is no zone Mars/],
  ])('says what is wrong with %s', (body, expected) => {
    expect(text(parseTruth('t.yaml', body, 'UTC'))).toMatch(expected);
  });
  it('ignores what other programs write besides, and not what a person misspells', () => {
    expect(shown('t.csv', 'at,severity\n2022-06-03T00:00:00Z,3\n')).toEqual([
      ['2022-06-03T08:00', '2022-06-03T08:00', {}],
    ]);
    const inventory = parseInventory('i.json', '[{"sensorId":"a","quantity":"rain","vendor":"x"}]');
    expect(inventory.ok && [...inventory.value]).toEqual([['a', { quantity: 'rain' }]]);
  });
  it('asks for a zone when a stamp has no offset and nobody named one', () => {
    expect(text(parseTruth('t.yaml', '- { at: 2022-06-03 }', undefined))).toMatch(/names no offset from UTC/);
  });
});
