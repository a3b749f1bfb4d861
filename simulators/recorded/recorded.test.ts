/** The recorded series against the sums and maxima that were computed from the same files by other means. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import { formatInZone } from '#model/time.ts';
import { parseRecorded, RECORDED_FORMATS } from '#simulators/recorded/formats.ts';
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
    expect(new Set(RECORDED_FORMATS.map(({ name }) => name)).size).toBe(6);
  });
});
