/** Recorded failure and recorded fires: Preonzo's forecast table, and seconds to the alarm of heat detectors. */
import { describe, expect, it } from 'vitest';
import { fromSteps } from '#model/quantity.ts';
import { formatInZone } from '#model/time.ts';
import { failureLines, speedsOf } from '#rules/models/kit/inverse.ts';
import { changesIn, hasData, play, recordingOf, skillRule } from '#test/rules/golden.ts';

const HOUR = 3_600_000;

describe.skipIf(!hasData)('Preonzo 2012', () => {
  const FIRST_INDEX = 36_303;
  const preonzo = () => {
    const [series] = recordingOf('preonzo-2012').series;
    if (series === undefined) throw new Error('no series');
    const { atMs, values, count } = series.columns;
    const zero = atMs[0] ?? 0;
    return Array.from({ length: count }, (_none, i) => ({
      index: FIRST_INDEX + ((atMs[i] ?? 0) - zero) / HOUR,
      atMs: atMs[i] ?? 0,
      value: fromSteps('displacement', values[i] ?? 0),
    }));
  };

  it.each([
    [37_000, 0.422, [37_082.2, 37_091.4, 37_146.9]],
    [37_020, 0.576, [37_079.9, 37_084.2, 37_087.7]],
    [37_040, 0.857, [37_067.9, 37_073.1, 37_082.2]],
    [37_050, 1.174, [37_092.4, 37_078.2, 37_080.7]],
    [37_062, 2.888, [37_073.2, 37_076.4, 37_079.5]],
  ])(
    'at index %d: %d mm a sample, and the lines through 24, 48 and 96 velocities meet nought as computed',
    (index, speed, ends) => {
      const rows = preonzo().filter((row) => row.index <= index);
      const zero = (rows[0]?.atMs ?? 0) - FIRST_INDEX * HOUR;
      const speeds = speedsOf(rows, { samples: 12, step: HOUR });
      expect((speeds.at(-1)?.speed ?? 0) * HOUR).toBeCloseTo(speed, 3);
      const lines = failureLines(speeds, [24, 48, 96], HOUR);
      expect(lines.map(({ atMs }) => Number(((atMs - zero) / HOUR).toFixed(1)))).toEqual(ends);
    },
  );

  it('is told of before the collapse by each model that has something to say, and none is red weeks before', () => {
    const first = (rule: string, level: string) =>
      changesIn(play(recordingOf('preonzo-2012'), skillRule(rule)), 'Etc/GMT-1').find((change) =>
        change.endsWith(level),
      );
    expect(first('slope-velocity', 'red')).toBe('05-14T16:00 red');
    expect(first('slope-inverse-velocity', 'red')).toBe('05-13T16:00 red');
    expect(first('slope-tangent', 'orange')).toBe('05-13T15:00 orange');
  });
});

describe.skipIf(!hasData)('compartment fires', () => {
  /** Seconds after ignition at which each quadrant's detector at the ceiling alarms. */
  const seconds = (fire: string, rule: string, ignition: string) => {
    const recording = recordingOf(`fsri-compartments-2018/${fire}_Closed_Center_1.csv`, /25-mm-Below-Ceiling$/);
    const apart = {
      ...recording,
      series: recording.series.map((one) => ({ ...one, sensor: { ...one.sensor, pointId: one.sensor.sensorId } })),
    };
    const run = play(apart, skillRule(rule));
    return run.changes
      .filter(({ from }) => from === 'none')
      .map(({ subject, atMs }) => [subject.charAt('Quadrant-'.length), (atMs - Date.parse(ignition)) / 1_000] as const)
      .toSorted()
      .map(([, after]) => after);
  };
  it('is hot after 93 to 107 s in the closed room and grows warm fast after 52 to 67 s, some forty seconds earlier', () => {
    expect(seconds('RedAccent', 'fire-heat', '2018-12-11T10:21:00Z')).toEqual([102, 93, 101, 107]);
    expect(seconds('RedAccent', 'fire-rise', '2018-12-11T10:21:00Z')).toEqual([63, 52, 60, 67]);
  });
  it('is hot 11 to 14 s after the burner was lit, and its rise shows after 3 or 4', () => {
    expect(seconds('100kW', 'fire-heat', '2018-12-01T21:24:01Z')).toEqual([11, 11, 13, 14]);
    expect(seconds('100kW', 'fire-rise', '2018-12-01T21:24:01Z')).toEqual([3, 3, 4, 4]);
  });
  it('is told in the time of its own file', () => {
    const run = play(recordingOf('fsri-compartments-2018/100kW_Closed_Center_1.csv', /25-mm/), skillRule('fire-heat'));
    expect(
      run.changes.map(({ subject, atMs, hazard }) => [subject, formatInZone(atMs, 'UTC').slice(0, 19), hazard]),
    ).toEqual([['100kW_Closed_Center_1', '2018-12-01T21:24:12', 'fire']]);
  });
});
