import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import { type CsvOptions, createCsvReader } from '#simulators/recorded/csv-columns.ts';
import { readHeader, splitFields } from '#simulators/recorded/csv-header.ts';
import { parseInventory } from '#simulators/recorded/inventory.ts';
import { openZone } from '#simulators/recorded/zone-clock.ts';

type Row = { sensor: string; atMs: number; value: number | null; mark: number };

function read(text: string, given: Partial<CsvOptions> & { cuts?: readonly number[] } = {}) {
  const bytes = new TextEncoder().encode(text.endsWith('\n') ? text : `${text}\n`);
  const feed = bytes.indexOf(10);
  const header = readHeader(new TextDecoder().decode(bytes.subarray(0, feed)));
  if (header === undefined) throw new Error('no header');
  const reader = createCsvReader(header, {
    file: 'some.csv',
    known: () => undefined,
    defaultQuantity: 'rain',
    ...given,
  });
  let from = feed + 1;
  const ends = (given.cuts ?? []).map((cut) => bytes.indexOf(10, feed + 1 + (cut % bytes.length)) + 1);
  for (const end of [...ends.sort((a, b) => a - b), bytes.length]) {
    if (end > from && !reader.push(bytes, from, end)) break;
    from = Math.max(from, end);
  }
  return reader.finish();
}

function rowsOf(text: string, given: Parameters<typeof read>[1] = {}): readonly Row[] {
  const got = read(text, given);
  if (!got.ok) throw new Error(got.error.map(formatLint).join('\n'));
  return got.value.sensors.flatMap(({ sensorId, track }) =>
    Array.from({ length: track.count }, (_none, at) => {
      const mark = track.marks?.[at] ?? 0;
      const value = mark === 3 ? null : (track.values[at] ?? 0);
      return { sensor: sensorId, atMs: track.atMs[at] ?? 0, value, mark };
    }),
  );
}
const wrong = (text: string, given: Parameters<typeof read>[1] = {}) => {
  const got = read(text, given);
  return got.ok ? 'accepted' : got.error.map(formatLint).join('\n');
};
const bySensor = (rows: readonly Row[]) =>
  rows.toSorted((a, b) => (a.sensor < b.sensor ? -1 : a.sensor > b.sensor ? 1 : 0));

const amount = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((tips) => (tips * 0.2).toFixed(1)),
  fc.integer({ min: -2_000_000, max: 2_000_000 }).map((steps) => (steps / 1000).toString()),
  fc.double({ min: -1000, max: 1000, noNaN: true }).map((value) => value.toString()),
  fc.constantFrom('', 'NA', '0', '-0', '00.50', '1e2', '.5', '7.', '+3', '123456.0004'),
);
const line = fc.record({
  sensor: fc.constantFrom('r1', 'r10', 'r2', '雨量-1', 'a'),
  atMs: fc.integer({ min: 0, max: 3 * 86_400 }).map((s) => Date.UTC(2022, 5, 1) + s * 1_000),
  amount,
  form: fc.constantFrom('Z', '+08:00', '-05:30', 'seconds', 'fraction', 'quoted', 'spaces'),
});

function written({
  sensor,
  atMs,
  amount: text,
  form,
}: {
  sensor: string;
  atMs: number;
  amount: string;
  form: string;
}): string {
  const utc = new Date(atMs).toISOString();
  if (form === '+08:00') return `${new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00,${sensor},${text}`;
  if (form === '-05:30')
    return `${new Date(atMs - 5.5 * 3_600_000).toISOString().slice(0, 19)}-05:30,${sensor},${text}`;
  if (form === 'fraction') return `${utc},${sensor},${text}`;
  if (form === 'quoted') return `"${utc.slice(0, 19)}Z","${sensor}","${text}"`;
  if (form === 'spaces') return ` ${utc.slice(0, 19)}Z , ${sensor},${text} `;
  return `${utc.slice(0, 19)}Z,${sensor},${text}`;
}

describe('CSV by bytes', () => {
  it('reads every line as the plain way does, wherever the blocks are cut and however lines end', () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(5_000), { maxLength: 4 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (lines, cuts, end, bom) => {
          const text = `${bom ? '\uFEFF' : ''}time,sensor,value${end}${lines.map((one) => written(one) + end).join('')}`;
          const expected = lines.map(({ sensor, atMs, amount: raw }): Row => {
            const missing = raw === '' || raw === 'NA';
            return { sensor, atMs, value: missing ? null : toSteps('rain', Number(raw)) + 0, mark: missing ? 3 : 0 };
          });
          expect(bySensor(rowsOf(text, { cuts }))).toEqual(bySensor(expected));
        },
      ),
      { numRuns: 300, verbose: 1 },
    );
  });

  it('takes the columns in any order among others, by name, and any of the usual separators', () => {
    const rows = rowsOf(
      'Quality;VALUE;note;unit;time;Sensor;quantity\nsuspect;1.5;"a;b";in;2022-06-03T08:00:00Z;g;rain\n',
    );
    expect(rows).toEqual([{ sensor: 'g', atMs: Date.UTC(2022, 5, 3, 8), value: 38_100, mark: 1 }]);
    expect(splitFields('"a ""b"", c", d ,', ',')).toEqual(['a "b", c', 'd', '']);
  });

  it('keeps a suspect value, gives none to a bad or an empty one, and knows the tail again that it saw', () => {
    const text = [
      'time,sensor,value,quantity,unit,quality',
      '2022-06-03T08:00:00Z,a,1,rain,mm,good',
      '2022-06-03T08:01:00Z,a,2,rain,mm,good',
      '2022-06-03T08:02:00Z,a,3,rain,mm,suspect',
      '2022-06-03T08:03:00Z,a,4,rain,mm,suspect',
      '2022-06-03T08:04:00Z,a,9,rain,mm,bad',
      '2022-06-03T08:05:00Z,a,,rain,mm,good',
      '2022-06-03T08:06:00Z,a,5,rain,mm,',
    ].join('\n');
    expect(rowsOf(text).map(({ value, mark }) => [value, mark])).toEqual([
      [1_000, 0],
      [2_000, 0],
      [3_000, 1],
      [4_000, 1],
      [null, 3],
      [null, 3],
      [5_000, 0],
    ]);
  });

  it('asks the inventory for quantity and unit, and says when it had to guess', () => {
    const inventory = parseInventory('i.csv', 'sensor,quantity,unit,point\nw,level,ft,dam\n');
    if (!inventory.ok) throw new Error(inventory.error.map(formatLint).join());
    const text = 'time,sensor,value\n2022-06-03T08:00:00Z,w,10\n2022-06-03T08:00:00Z,r,1\n';
    const got = read(text, { known: (id) => inventory.value.get(id) });
    expect(got.ok && got.value.sensors.map(({ quantity, track }) => [quantity, track.values[0]])).toEqual([
      ['level', 3_048],
      ['rain', 1_000],
    ]);
    expect(got.ok && got.value.notes.map(formatLint)).toEqual([
      'some.csv:1:1: warning: r: no quantity is named, read as rain — a column quantity or --inventory says it',
    ]);
  });

  it.each([
    ['2022-06-03 08:00,a,1', /some\.csv:2:1: .*2022-06-03 08:00 is no time with an offset from UTC: say with --zone/],
    ['2022-06-31T08:00:00Z,a,1', /there is no time 2022-06-31T08:00:00Z/],
    ['2022-06-03T08:00:00Z,a,x', /x is no number/],
    ['2022-06-03T08:00:00Z,a,0x10', /0x10 is no number/],
    ['2022-06-03T08:00:00Z,a,9999999', /out of all bounds/],
    ['2022-06-03T08:00:00Z,,1', /a sensor's name/],
    ['2022-06-03T08:00:00Z,a', /2 fields; the header has 3/],
    ['2022-06-03T08:00:00Z,a,1\n\n2022-06-03T08:61:00Z,a,1', /some\.csv:4:1: .*no time/],
  ])('names the line: %s', (body, expected) => {
    expect(wrong(`time,sensor,value\n${body}\n`)).toMatch(expected);
  });

  it('names what is wrong with a quantity, a unit or a quality, and gives up after twenty', () => {
    const head = 'time,sensor,value,quantity,unit,quality\n';
    expect(wrong(`${head}2022-06-03T08:00:00Z,a,1,snow,,\n`)).toMatch(/unknown quantity snow; known: rain/);
    expect(wrong(`${head}2022-06-03T08:00:00Z,a,1,level,mm/h,\n`)).toMatch(/mm\/h is no unit of level \(m\)/);
    expect(wrong(`${head}2022-06-03T08:00:00Z,a,1,rain,,fine\n`)).toMatch(
      /quality is fine, not one of good, suspect, bad/,
    );
    const twice = `${head}2022-06-03T08:00:00Z,a,1,rain,mm,\n2022-06-03T08:01:00Z,a,1,level,m,\n`;
    expect(wrong(twice)).toMatch(/a is level \(m\) here and was rain \(mm\) before/);
    expect(wrong(`${head}${'x,a,1,rain,,\n'.repeat(50)}`).split('\n')).toHaveLength(20);
  });
});

describe('mutilated CSV', () => {
  const SOUND =
    'time,sensor,value,quantity,unit,quality\n2022-06-03T08:00:00+08:00,r1,0.2,rain,mm,good\n2022-06-03T08:05:00+08:00,r1,0.4,rain,mm,good\n2022-06-03T09:00:00+08:00,w1,12.345,level,m,suspect\n2022-06-03T09:05:00+08:00,w1,12.4,level,m,suspect\n';
  const POISON = [
    '',
    ',',
    ';',
    '\n',
    '\r',
    '"',
    '""',
    '-',
    '.',
    '9',
    '1e308',
    'NaN',
    '\0',
    '\uFEFF',
    '溪',
    '+08:00',
    ' ',
  ];
  const mutation = fc.record({
    at: fc.nat(300),
    cut: fc.nat(12),
    put: fc.oneof(fc.constantFrom(...POISON), fc.string({ maxLength: 5 })),
  });
  it('gives findings with a line, or readings that can be played; never an exception', () => {
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(300), { maxLength: 2 }),
        (how, cuts) => {
          const text = how.reduce((now, { at, cut, put }) => {
            const from = at % (now.length + 1);
            return now.slice(0, from) + put + now.slice(from + cut);
          }, SOUND);
          const bytes = new TextEncoder().encode(`${text}\n`);
          if (readHeader(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(10)))) === undefined) return;
          const got = read(text, { cuts, zone: openZone('Asia/Shanghai') ?? (undefined as never) });
          if (!got.ok) {
            for (const lint of got.error) expect([lint.file, Number.isInteger(lint.line)]).toEqual(['some.csv', true]);
            return;
          }
          for (const { track } of got.value.sensors)
            for (let i = 0; i < track.count; i++)
              expect([Number.isSafeInteger(track.atMs[i]), Number.isInteger(track.values[i])]).toEqual([true, true]);
        },
      ),
      { numRuns: 500, verbose: 1 },
    );
  });

  it('reads what the short way reads as the careful way does, when one byte is another', () => {
    const rows = [
      '2022-06-03T08:00:00Z,r1,0.2',
      '2022-06-03T08:05:00Z,r1,0.4',
      '2022-06-03T08:10:00Z,r2,1.5',
      '2022-06-03T08:15:00Z,r1,7',
    ];
    fc.assert(
      fc.property(fc.nat(3), fc.nat(40), fc.constantFrom(...'0123456789.-+:TZ,r "eE\r'), (at, place, byte) => {
        const changed = rows.map((row, i) => (i === at ? row.slice(0, place) + byte + row.slice(place + 1) : row));
        const usual = read(`time,sensor,value\n${changed.join('\n')}\n`);
        // Another order of columns has no short way.
        const careful = read(`note,time,sensor,value\n${changed.map((row) => `,${row}`).join('\n')}\n`);
        expect(usual.ok).toBe(careful.ok);
        if (usual.ok && careful.ok) {
          const shown = (content: typeof usual.value) =>
            content.sensors.map(({ sensorId, track }) => [
              sensorId,
              [...track.atMs.subarray(0, track.count)],
              [...track.values.subarray(0, track.count)],
              [...(track.marks?.subarray(0, track.count) ?? [])],
            ]);
          expect(shown(usual.value)).toEqual(shown(careful.value));
        }
      }),
      { numRuns: 1_000, verbose: 1 },
    );
  });
});

describe('stamps of a zone', () => {
  const zone = (name: string) => ({ zone: openZone(name) ?? (undefined as never) });
  const times = (stamps: readonly string[], name: string) =>
    rowsOf(`time,sensor,value\n${stamps.map((stamp) => `${stamp},a,1\n`).join('')}`, zone(name)).map(({ atMs }) =>
      formatInZone(atMs, name).slice(5),
    );

  it('reads them as the clocks there show, in summer and winter', () => {
    expect(times(['2022-06-03 08:00', '2022/12/3 8:00', '2022-12-03T08:05:30'], 'America/Los_Angeles')).toEqual([
      '06-03T08:00:00-07:00',
      '12-03T08:00:00-08:00',
      '12-03T08:05:30-08:00',
    ]);
    expect(times(['2022-06-03 24:00'], 'Asia/Shanghai')).toEqual(['06-04T00:00:00+08:00']);
  });

  it('takes an hour that comes twice in the order of the rows', () => {
    const stamps = ['2022-11-06 00:30', '2022-11-06 01:00', '2022-11-06 01:30', '2022-11-06 01:00', '2022-11-06 01:30'];
    expect(times([...stamps, '2022-11-06 02:00'], 'America/Los_Angeles')).toEqual([
      '11-06T00:30:00-07:00',
      '11-06T01:00:00-07:00',
      '11-06T01:30:00-07:00',
      '11-06T01:00:00-08:00',
      '11-06T01:30:00-08:00',
      '11-06T02:00:00-08:00',
    ]);
  });

  it('reads a time that spring leaves out as an hour later, and says so', () => {
    const text = 'time,sensor,value\n2022-03-13 01:45,a,1\n2022-03-13 02:15,a,1\n2022-03-13 03:30,a,1\n';
    expect(times(['2022-03-13 01:45', '2022-03-13 02:15', '2022-03-13 03:30'], 'America/Los_Angeles')).toEqual([
      '03-13T01:45:00-08:00',
      '03-13T03:15:00-07:00',
      '03-13T03:30:00-07:00',
    ]);
    const got = read(text, zone('America/Los_Angeles'));
    expect(got.ok && got.value.notes.map(({ line: at, message }) => [at, message])).toContainEqual([
      3,
      '2022-03-13 02:15 does not exist in America/Los_Angeles: read as later',
    ]);
  });

  it('agrees with Intl for any local time of a year, of which none is ambiguous but one hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 365 * 96 - 1 }),
        fc.constantFrom('Europe/Berlin', 'Asia/Kathmandu'),
        (quarter, name) => {
          const localMs = Date.UTC(2023, 0, 1) + quarter * 900_000;
          const found = openZone(name)?.toInstant(localMs, Number.NEGATIVE_INFINITY);
          if (found === undefined) throw new Error('no zone');
          const shown = formatInZone(found.atMs, name).slice(0, 19);
          if (found.how !== 'skipped') expect(shown).toBe(new Date(localMs).toISOString().slice(0, 19));
        },
      ),
      { numRuns: 300, verbose: 1 },
    );
    expect(openZone('Mars/Olympus')).toBeUndefined();
  });
});
