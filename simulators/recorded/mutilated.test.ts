/** Broken files of every format: findings with a line, or rows that can be played; never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecorded, RECORDED_FORMATS } from '#simulators/recorded/formats.ts';
import { parseFireEvents } from '#simulators/recorded/fsri-events.ts';

const tabbed = (...lines: readonly (readonly string[])[]) => lines.map((fields) => fields.join('\t')).join('\n');

/** A sound beginning of each format. */
const SOUND: { readonly [format: string]: string } = {
  'noaa-hourly':
    'STATION,STATION_NAME,ELEVATION,LATITUDE,LONGITUDE,DATE,HPCP,Measurement Flag,Quality Flag\nCOOP:1,B,1,4,-1,20030101 01:00,0,g, \nCOOP:1,B,1,4,-1,20030202 19:00,0.2, , \n',
  'usgs-hourly': '012010072400000\n012010072401012\n',
  'usgs-15min': '2015 \t 09 \t 02 \t 11 \t 15 \t 0\n2015 \t 09 \t 02 \t 11 \t 30 \t 0.02\n',
  'usgs-logger': '2015-12-18 00:00:00\t10231\t12.8\t1\t1426.7\r\n2015-12-18 00:15:00\t10232\t12.6\t0\t1421.3\r\n',
  'usgs-instantaneous': tabbed(
    ['"agency_cd"', '"site_no"', '"dateTime"', '"GH_Inst"', '"GH_Inst_cd"', '"tz_cd"'],
    ['"USGS"', '"04119000"', '2017-06-21 05:00:00', '5.56', '"P"', '"UTC"'],
  ),
  'lisle-event': tabbed(['utc', 'local', 'flow'], ['2005-04-02T05:01:00Z', ' 2005-04-02 00:01:00.000', '9436.73']),
  'fsri-fire':
    'Time,Timestamp,Elapsed Time,Quadrant A Temperature 25 mm Below Ceiling,Plume Temperature 1.3 m,Pressure\n-1,2018-12-01 21:24:00,00:02:00,22.31,,1\n0,2018-12-01 21:24:01,00:02:01,22.49,20.9,2\n',
  preonzo: 'index,hours_before_index_37068_assuming_1h,E1_displacement_mm\n36303,765,592.71\n36304,764,593.03\n',
  csv: 'time,sensor,value,quantity,unit\n2022-06-03T08:00:00+08:00,rain-1,1.5,rain,mm\n2022-06-03T08:05:00+08:00,b,1,level,ft\n',
};

const POISON = ['', ',', '\t', '\n', '\r', '-', '9', '1e308', '1e999', 'NaN', 'NA', '0x10', '\0', '"', '﻿', '溪', '99'];
/** Cuts, doubles and puts strange things in. */
const mutilation = fc.array(
  fc.record({
    at: fc.nat(400),
    cut: fc.nat(12),
    put: fc.oneof(fc.constantFrom(...POISON), fc.string({ maxLength: 6 })),
  }),
  { minLength: 1, maxLength: 6 },
);
const mutilate = (text: string, how: readonly { at: number; cut: number; put: string }[]): string =>
  how.reduce((now, { at, cut, put }) => {
    const from = at % (now.length + 1);
    return now.slice(0, from) + put + now.slice(from + cut);
  }, text);

describe('mutilated recordings', () => {
  it('has a sound sample of every format, which its own format reads', () => {
    expect(Object.keys(SOUND)).toEqual(RECORDED_FORMATS.map(({ name }) => name));
    for (const [name, text] of Object.entries(SOUND)) {
      expect(RECORDED_FORMATS.find((format) => format.matches('some.txt', text))?.name).toBe(name);
      expect(parseRecorded('some.txt', text).ok, name).toBe(true);
    }
  });

  it.each(Object.entries(SOUND))('%s: gives findings with a line, or rows that can be played', (format, text) => {
    fc.assert(
      fc.property(mutilation, fc.boolean(), (how, guess) => {
        const parsed = parseRecorded('some.txt', mutilate(text, how), guess ? {} : { format });
        if (!parsed.ok) {
          expect(parsed.error.length).toBeGreaterThan(0);
          for (const lint of parsed.error) expect([lint.file, Number.isInteger(lint.line)]).toEqual(['some.txt', true]);
          return;
        }
        for (const series of parsed.value) {
          expect(series.rows.length).toBeGreaterThan(0);
          expect(series.stepMs).toBeGreaterThan(0);
          for (const { atMs, value } of series.rows)
            expect([Number.isSafeInteger(atMs), value === null || Number.isSafeInteger(value)]).toEqual([true, true]);
        }
      }),
      // Two lines of Preonzo that run into one make an index of a hundred million years.
      { numRuns: 300, verbose: 1, examples: [[[{ at: 67, cut: 12, put: '' }], false]] },
    );
  });

  it('reads events, or says which line is wrong', () => {
    const events = 'Time,Event\n2018-12-01-21:24:00,Ignition\n2018-12-01-21:32:54,Door Open\n';
    fc.assert(
      fc.property(mutilation, (how) => {
        const parsed = parseFireEvents('e.csv', mutilate(events, how));
        if (parsed.ok) for (const event of parsed.value) expect(Number.isFinite(event.afterIgnitionS)).toBe(true);
        else expect(parsed.error[0]?.file).toBe('e.csv');
      }),
      { numRuns: 300, verbose: 1 },
    );
  });
});
