/** The recorded series against the sums and maxima that were computed from the same files by other means. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import { parseRecorded, RECORDED_FORMATS } from '#simulators/recorded/formats.ts';
import { parseFireEvents } from '#simulators/recorded/fsri-events.ts';
import { chooseSeries, zeroed } from '#simulators/recorded/select.ts';
import type { RecordedSeries } from '#simulators/recorded/series.ts';

const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const data = `${shared}/data`;

function load(path: string): RecordedSeries {
  const parsed = parseRecorded(path, readFileSync(`${data}/${path}`, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
  const [series] = parsed.value;
  if (series === undefined) throw new Error('no series');
  return series;
}
const sumSteps = (series: RecordedSeries) => series.rows.reduce((sum, row) => sum + (row.value ?? 0), 0);
/** Largest sum over windows that end at a row, and when; naive on purpose. */
function maxSum(series: RecordedSeries, hours: number): { mm: number; at: string } {
  let best = { steps: -1, atMs: 0 };
  series.rows.forEach((row, index) => {
    let steps = 0;
    for (let back = index; back >= 0; back--) {
      const other = series.rows[back];
      if (other === undefined || other.atMs <= row.atMs - hours * 3_600_000) break;
      steps += other.value ?? 0;
    }
    if (steps > best.steps) best = { steps, atMs: row.atMs };
  });
  return { mm: fromSteps('rain', best.steps), at: formatInZone(best.atMs, series.zone).slice(5, 16) };
}

describe.skipIf(!existsSync(data))('recorded files', () => {
  it('reads Boulder 2013 with its maxima of 1 to 72 hours', () => {
    const series = load('boulder-2013/805325-precip-daily-2003-2013.csv');
    expect(series.rows).toHaveLength(1_840);
    expect(series.rows.filter((row) => row.value === null)).toHaveLength(94);
    expect(series.omitted).toBe('dry');
    const flood = {
      ...series,
      rows: series.rows.filter((row) => {
        const day = formatInZone(row.atMs, series.zone).slice(0, 10);
        return day >= '2013-09-08' && day <= '2013-09-18';
      }),
    };
    expect(sumSteps(flood)).toBe(429_260);
    expect([1, 3, 6, 12, 24, 72].map((hours) => maxSum(flood, hours))).toEqual([
      { mm: 55.88, at: '09-12T00:00' },
      { mm: 109.22, at: '09-12T00:00' },
      { mm: 154.94, at: '09-12T00:00' },
      { mm: 193.04, at: '09-12T04:00' },
      { mm: 248.92, at: '09-12T17:00' },
      { mm: 360.68, at: '09-13T05:00' },
    ]);
  });

  it.each([
    ['waMLP', 11_575, 409.448, 31.24, 38.86, 1],
    ['waMWWD', 8_970, 407.924, 10.41, 40.13, 0],
    ['waMVD116', 13_082, 433.324, 9.65, 44.7, 1],
    ['waWatertonA', 12_996, 559.816, 11.94, 45.21, 0],
  ])('reads Mukilteo %s: %d rows, %d mm, and says where its clock went back', (name, rows, mm, hour, day, steps) => {
    const series = load(`usgs-mukilteo/${name}_rain.txt`);
    expect(series.rows).toHaveLength(rows);
    expect(fromSteps('rain', sumSteps(series))).toBe(mm);
    expect(maxSum(series, 1).mm).toBeCloseTo(hour, 1);
    expect(maxSum(series, 24).mm).toBeCloseTo(day, 1);
    expect(series.notes).toHaveLength(steps);
    if (steps === 1)
      expect(formatLint(series.notes[0] ?? ({} as never))).toMatch(/_rain\.txt:\d+:1: warning: .*45 min/);
  });

  it('reads Seattle KPAE: 12,521 hours, 49.78 in, at most 0.31 in an hour, exact in steps of 0.254 mm', () => {
    const series = load('usgs-seattle-2010-2011/KPAE_t.txt');
    expect(series.rows).toHaveLength(12_521);
    expect(sumSteps(series)).toBe(4_978 * 254);
    expect(Math.max(...series.rows.map((row) => row.value ?? 0))).toBe(31 * 254);
    expect(
      series.rows.filter((row, at) => at > 0 && row.atMs - (series.rows[at - 1]?.atMs ?? 0) > 3_600_000),
    ).toHaveLength(36);
  });

  it('reads river stage in metres and discharge in cubic metres a second', () => {
    const stage = load('usgs-river-stage/04119000_00065_iv.tsv');
    expect(stage.rows).toHaveLength(11_549);
    expect(stage.quantity).toBe('level');
    const levels = stage.rows.map((row) => row.value ?? 0);
    expect([Math.min(...levels), Math.max(...levels)]).toEqual([Math.round(2.95 * 304.8), Math.round(5.99 * 304.8)]);
    const flow = load('usgs-river-stage/01511500_00060_iv.tsv');
    expect(flow.rows).toHaveLength(27_885);
    const peak = flow.rows.reduce((best, row) => ((row.value ?? 0) > (best.value ?? 0) ? row : best));
    expect(peak.value).toBe(Math.round(8_570 * 28.316846592));
    expect(formatInZone(peak.atMs, 'America/New_York').slice(0, 10)).toMatch(/^2003-12-1[12]$/);
  });

  it('reads Preonzo: 760 rows from 592.71 to 790.45 mm, hours before the collapse', () => {
    const series = load('preonzo-2012/preonzo_E1_digitised.csv');
    expect(series.rows).toHaveLength(760);
    expect([series.rows[0]?.value, series.rows.at(-1)?.value]).toEqual([59_271, 79_045]);
    expect(formatInZone(series.rows.at(-1)?.atMs ?? 0, series.zone)).toBe('2012-05-14T18:00:00+01:00');
  });
});

const all = (path: string): readonly RecordedSeries[] => {
  const parsed = parseRecorded(path, readFileSync(`${data}/${path}`, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
  return parsed.value;
};

describe.skipIf(!existsSync(data))('recorded files of many columns', () => {
  it.each([
    ['waMLP', 195],
    ['waMVD116', 152],
    ['waWatertonA', 194],
  ])('reads the logger of %s: %d tips, the same rain at every common time as in the file of inches', (name, tips) => {
    const logger = load(`usgs-mukilteo/${name}_14d.txt`);
    expect([logger.rows.length, sumSteps(logger)]).toEqual([1_344, tips * 254]);
    const inches = new Map(load(`usgs-mukilteo/${name}_rain.txt`).rows.map(({ atMs, value }) => [atMs, value]));
    const common = logger.rows.filter(({ atMs }) => inches.has(atMs));
    expect(common).toHaveLength(1_344);
    for (const { atMs, value } of common) expect(value).toBe(inches.get(atMs));
  });

  it.each([
    ['100kW', 769, [11, 11, 13, 14], [3, 3, 4, 4]],
    ['RedAccent', 1_312, [102, 93, 101, 107], [63, 52, 60, 67]],
  ])(
    'reads the fire %s: seconds after ignition to 57 °C, and to a rise of 8.3 °C in a minute',
    (name, rows, hot, rise) => {
      const series = all(`fsri-compartments-2018/${name}_Closed_Center_1.csv`);
      expect(series).toHaveLength(32);
      const events = parseFireEvents(
        'e',
        readFileSync(`${data}/fsri-compartments-2018/${name}_Closed_Center_1_Events.csv`, 'utf8'),
      );
      expect(events.ok && events.value.at(-1)).toEqual({
        name: 'Door Open',
        afterIgnitionS: name === '100kW' ? 534 : 906,
      });
      const quadrants = series.filter(({ sensorId }) => sensorId.endsWith('25-mm-Below-Ceiling'));
      const after = quadrants.map(({ rows: of }) => of.map(({ value }, at) => ({ s: at - 120, value: value ?? 0 })));
      expect(quadrants.map(({ rows: of }) => of.length)).toEqual([rows, rows, rows, rows]);
      expect(new Set(series.map(({ quantity, stepMs }) => `${quantity} ${stepMs}`))).toEqual(
        new Set(['temperature 1000']),
      );
      expect(after.map((of) => of.find(({ s, value }) => s >= 0 && value >= 570)?.s)).toEqual(hot);
      expect(
        after.map((of) => of.find(({ s, value }, at) => s >= 0 && value - (of[at - 60]?.value ?? value) >= 83)?.s),
      ).toEqual(rise);
      const [first] = quadrants;
      expect(formatInZone(first?.rows[120]?.atMs ?? 0, 'UTC')).toMatch(/2018-12-(01T21:24:01|11T10:21:0\d)/);
    },
  );

  it('reads the hydrograph of Lisle in cubic metres a second, and says that it is synthetic', () => {
    const series = load('usgs-river-stage/lisle_event.csv');
    expect(series.rows).toHaveLength(288);
    expect(formatInZone(series.rows[0]?.atMs ?? 0, 'UTC')).toMatch(/^2005-04-02T05:01:00/);
    expect(Math.max(...series.rows.map(({ value }) => value ?? 0))).toBe(Math.round(19_839.72608 * 28.316846592));
    expect(series.notes.map(formatLint).join()).toMatch(/lisle_event\.csv:1:1: warning: .*synthetic/);
  });
});

describe('which series is played', () => {
  const named = (sensorId: string, ...values: (number | null)[]): RecordedSeries => ({
    sensorId,
    quantity: 'displacement',
    unit: 'mm',
    zone: 'UTC',
    rows: values.map((value, at) => ({ atMs: at * 1_000, value })),
    stepMs: 1_000,
    omitted: 'missing',
    notes: [],
  });
  const three = [named('Wall-A', 1), named('Wall-AB', 2), named('Roof', 3)];
  it.each([
    [undefined, 'Wall-A'],
    ['Wall-A', 'Wall-A'],
    ['roof', 'Roof'],
    ['wall', 'wall is a part of several series; name one of:\n  Wall-A\n  Wall-AB'],
    ['door', 'The file has no series door; it has:\n  Wall-A\n  Wall-AB\n  Roof'],
  ])('%s: %s', (wanted, expected) => {
    const chosen = chooseSeries(three, wanted);
    expect(chosen.ok ? chosen.value.sensorId : chosen.error).toBe(expected);
  });
  it('sets a meter to zero at the first value of the window, and refuses to for what is no gauge', () => {
    const shown = zeroed(named('E1', 5, null, 7, 9), 1_000);
    expect(shown.ok && shown.value.rows.map(({ value }) => value)).toEqual([-2, null, 0, 2]);
    expect(zeroed({ ...named('r', 1), quantity: 'rain' }, undefined)).toMatchObject({ ok: false });
    expect(zeroed(named('r', 1), 5_000)).toMatchObject({ ok: false });
  });
});

describe('bad files', () => {
  const wrong = (text: string) => {
    const parsed = parseRecorded('some.csv', text);
    return parsed.ok ? 'accepted' : parsed.error.map(formatLint).join('\n');
  };
  it.each([
    ['time,sensor,value\n2022-06-03 08:00,a,1\n', /some\.csv:2:1: error: 2022-06-03 08:00 is no time with an offset/],
    [
      'time,sensor,value\n2022-06-03T08:00:00+08:00,a,1\n2022-06-03T09:00:00+08:00,a,x\n',
      /some\.csv:3:1: .*x is no number/,
    ],
    ['time,sensor,value,quantity\n2022-06-03T08:00:00Z,a,1,snow\n', /some\.csv:2:1: .*unknown quantity snow/],
    [
      'time,sensor,value,quantity,unit\n2022-06-03T08:00:00Z,a,1,level,mm/h\n',
      /some\.csv:2:1: .*mm\/h is no unit of level/,
    ],
    ['time,sensor,value\n', /no rows/],
    ['hello\n', /no known format begins so — known formats: noaa-hourly/],
    ['022010072400000\n02201007240100\n', /some\.csv:2:1: .*15 digits/],
    ['2015 09 31 11 15 0\n', /some\.csv:1:1: .*there is no time 2015 09 31/],
    ['2015 09 02 11 15 0\n2015 09 02 11 30 -1\n', /some\.csv:2:1: .*no amount of rain/],
    ['index,hours_before_index_1,E1\n36303,1,\n', /some\.csv:2:1: .*no displacement/],
    ['"agency_cd"\t"site_no"\t"dateTime"\t"Temp"\n', /column 4 is Temp/],
    [
      'STATION,STATION_NAME,E,L,L,DATE,HPCP\na,b,1,2,3,20130912 25:00,0.1\n',
      /some\.csv:2:1: .*there is no time 20130912 25:00/,
    ],
    [
      '2015-12-18 00:00:00\t1\t12\t1\t9\n2015-12-18 00:15:00\t2\t12\tx\t9\n',
      /some\.csv:2:1: .*column 4 is x, no count/,
    ],
    ['2015-12-18 00:00:00\t1\t12\n', /some\.csv:1:1: .*5, 21, 22 columns, not 3/],
    ['utc\tlocal\tflow\n2005-02-30T05:01:00Z\tx\t1\n', /some\.csv:2:1: .*there is no time 2005-02-30/],
    ['Time,Timestamp,Elapsed Time,A Temperature\n0,2018-12-01 21:24:01,00:00:01,1,2\n', /some\.csv:2:1: .*4 columns/],
    [
      'Time,Timestamp,Elapsed Time,A Temperature\n0,2018-12-01 21:24:01,00:00:01,hot\n',
      /some\.csv:2:1: .*hot, no temp/,
    ],
    ['Time,Timestamp,Elapsed Time,Pressure\n0,2018-12-01 21:24:01,00:00:01,1\n', /some\.csv:1:1: .*0 temperature/],
    ['time,sensor,value\n2022-06-31T08:00:00Z,a,1\n', /some\.csv:2:1: .*there is no time 2022-06-31/],
  ])('names the line: %j', (text, expected) => {
    expect(wrong(text)).toMatch(expected);
  });

  it('reads our own CSV: units converted, empty is missing, several sensors', () => {
    const parsed = parseRecorded(
      'own.csv',
      [
        'time,sensor,value,quantity,unit',
        '2022-06-03T08:00:00+08:00,rain-1,1.5,rain,mm',
        '2022-06-03T08:00:00+08:00,level-1,10,level,ft',
        '2022-06-03T08:05:00+08:00,rain-1,,rain,mm',
        '2022-06-03T08:10:00+08:00,rain-1,0.1,rain,in',
      ].join('\r\n'),
    );
    if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
    expect(parsed.value.map((series) => [series.sensorId, series.quantity, series.stepMs])).toEqual([
      ['rain-1', 'rain', 300_000],
      ['level-1', 'level', 60_000],
    ]);
    expect(parsed.value[0]?.rows.map((row) => row.value)).toEqual([1_500, null, 2_540]);
    expect(parsed.value[1]?.rows[0]?.value).toBe(3_048);
  });

  it('has a registry line for every format, and names are used once', () => {
    expect(new Set(RECORDED_FORMATS.map(({ name }) => name)).size).toBe(9);
  });
});
