/** Which recorded sets are scored by which rules, and what others have found in the same data or by the same models. */

export type SkillRules = {
  /** Name of a file under docs/skill/rules, or `national` for the county's own. */
  readonly file: string;
  readonly what: string;
};

export type SkillPlay = {
  readonly title: string;
  /** Below the data folder. */
  readonly data: string;
  /** Only sensors whose names fit. */
  readonly sensors?: RegExp;
  /** Missing hours are taken for dry ones, to compare with figures that were computed so. */
  readonly dryGaps?: true;
  readonly rules: readonly SkillRules[];
};

export type SkillSet = {
  readonly title: string;
  /** The truth's name: simulators/recorded/truth/NAME.yaml. */
  readonly truth: string | null;
  readonly plays: readonly SkillPlay[];
  /** What ours is to be held against: published results, and figures computed from the same file by other means. */
  readonly beside: readonly string[];
  readonly remarks: readonly string[];
};

const NATIONAL: SkillRules = { file: 'national', what: 'national rainstorm table' };
const COUNTY: SkillRules = { file: 'rain-county', what: 'county table (江华)' };
const LINE: SkillRules = { file: 'rain-seattle-line', what: 'Seattle line P3/P15, in its range' };
const UNBOUNDED: SkillRules = { file: 'rain-seattle-line-unbounded', what: 'Seattle line without its range' };
const CURVE: SkillRules = { file: 'rain-seattle-curve', what: 'Seattle curve 82.73·D^−1.13' };
const CAINE: SkillRules = { file: 'rain-caine', what: 'Caine 14.82·D^−0.39' };
const LONE: SkillRules = { file: 'lone-gauge', what: 'lone gauge (doubt)' };
const FIRE: readonly SkillRules[] = [
  { file: 'fire-heat', what: 'fixed temperature 57 °C' },
  { file: 'fire-rise', what: 'rise of 8.3 °C/min' },
];
const RAIN = [NATIONAL, COUNTY, CAINE, CURVE, LINE];
const CEILING = /25-mm-Below-Ceiling$/;

export const SKILL_SETS: readonly SkillSet[] = [
  {
    title: 'Boulder 2003–2013, hourly rain (NOAA COOP 050843)',
    truth: 'boulder-2013',
    plays: [{ title: 'eleven years', data: 'boulder-2013', rules: RAIN }],
    beside: [
      'Computed from the same hours by other means: blue 2013-09-11 19:00, yellow 21:00, orange 23:00, red 2013-09-12 00:00 by the national table; blue 21:00, yellow 22:00, orange 23:00, red 00:00 by the county table. Ours are the same hours.',
    ],
    remarks: [
      'The event is the source’s five days (9 to 13 September), so a warning that came with the rain has a negative lead.',
      'The source tells of no other event in eleven years: every other warning counts as false, which may be unjust.',
    ],
  },
  {
    title: 'Seattle 2010–2011, hourly rain and 11 days with landslides at Mukilteo (USGS)',
    truth: 'usgs-seattle-2010-2011',
    plays: [
      {
        title: 'KPAE (nearest), missing hours taken as dry',
        data: 'usgs-seattle-2010-2011',
        sensors: /^KPAE/,
        dryGaps: true,
        rules: [LINE, UNBOUNDED],
      },
      {
        title: 'KPAE, as the engine judges it',
        data: 'usgs-seattle-2010-2011',
        sensors: /^KPAE/,
        rules: [...RAIN, UNBOUNDED],
      },
      {
        title: 'any of four airports, missing hours taken as dry',
        data: 'usgs-seattle-2010-2011',
        dryGaps: true,
        rules: [LINE, CURVE],
      },
      { title: 'any of four airports, as the engine judges it', data: 'usgs-seattle-2010-2011', rules: RAIN },
    ],
    beside: [
      'Computed from KPAE by other means, missing hours as dry: 198 hours in three periods, 4 of 11 days inside, 7 missed, 1 false period; 612 hours without the range. Ours are the same.',
      'Published (Chleborad, Baum and Godt, USGS Open-File Report 2006–1064, other years and 577 landslides): the line catches more than 90 % of events of three or more landslides, and 8.4 % of the days on which any one gauge exceeds it have a landslide; the curve catches fewer, and 42 % of the days on which three gauges exceed it have one. Ours to compare are the rows of any of four airports, as that report judges any single gauge: fewer of the days are hit (the dates do not say how many slides each had, and the report counts events of three or more), and a greater part of the warned days has a slide, on too few days to mean much.',
    ],
    remarks: [
      'A rainfall line alone is weak; it is shown, not hidden.',
      'A lead of weeks is no forecast: it is a level that a gap kept up for weeks. Leads are worth reading where gaps are dry.',
      'The 36 gaps of KPAE make sums a lower bound, which keeps a level up until the gap has left the window of 18 days: that costs hours and no hit. The rows with dry gaps are there to be compared with, not what runs live.',
    ],
  },
  {
    title: 'Mukilteo autumn 2015, rain of four gauges every 15 minutes (USGS)',
    truth: 'usgs-mukilteo',
    plays: [{ title: 'four gauges', data: 'usgs-mukilteo', rules: [...RAIN, LONE] }],
    beside: [
      'Computed by other means: every 24-hour maximum (38.86 to 45.21 mm) lies below 50 mm, so no Chinese colour is reached; one gauge (waMLP, 2015-11-08, 31 mm in an hour, neighbours dry) is to be doubted. Ours: no colour, one doubt.',
    ],
    remarks: [
      'No event is known, so every warning here counts as false; hit rates have no meaning.',
      'Caine is crossed by the doubtful hour itself (2015-11-08): the rule of the lone gauge is played apart from the others here.',
    ],
  },
  {
    title: 'Preonzo 2012, hourly displacement to the collapse (digitised)',
    truth: 'preonzo-2012',
    plays: [
      {
        title: 'extensometer E1',
        data: 'preonzo-2012',
        rules: [
          { file: 'slope-velocity', what: 'speed (12 h)' },
          { file: 'slope-tangent', what: 'improved tangent angle' },
          { file: 'slope-inverse-velocity', what: 'inverse velocity' },
        ],
      },
    ],
    beside: [
      'Computed by other means from the same points: the lines through 24, 48 and 96 inverse velocities, at five indices, meet nought where ours do to 0.1 of a sample (test/rules/golden-slope-fire.test.ts); at 50 and 70 samples ahead the middle one is 15 to 22 samples late.',
      'Published for inverse velocity with automatic filtering (Leinauer and others 2023, Communications Earth & Environment, 14 slope failures): −1 ± 17 hours for data of high frequency. Ours gives an interval and is judged by its early end, so the two cannot be compared one to one.',
    ],
    remarks: [
      'The recording ends six hours before the collapse; a warning that stands at its end is taken to stand on.',
      'One failure says how early, never how often falsely: FAR of one slope is no FAR.',
    ],
  },
  {
    title: 'Compartment fires 2018, ceiling temperatures every second (UL FSRI)',
    truth: 'fsri-compartments-2018',
    plays: [
      {
        title: 'chair, door closed',
        data: 'fsri-compartments-2018/RedAccent_Closed_Center_1.csv',
        sensors: CEILING,
        rules: FIRE,
      },
      {
        title: 'gas burner 100 kW',
        data: 'fsri-compartments-2018/100kW_Closed_Center_1.csv',
        sensors: CEILING,
        rules: FIRE,
      },
    ],
    beside: [
      'Computed by other means, four quadrants: 57 °C after 93 to 107 s (chair) and 11 to 14 s (burner), 8.3 °C/min after 52 to 67 s and 3 to 4 s. Ours are the same seconds (test/rules/golden-slope-fire.test.ts); the table has the first of the four quadrants to alarm.',
    ],
    remarks: [
      'An event begins with ignition, so a lead is negative: it is the time to the alarm. A thermocouple is quicker than a detector in its housing.',
    ],
  },
  {
    title: 'Rivers: Grand River stage 2017, Tioughnioga discharge 1994–2004 (USGS)',
    truth: 'usgs-river-stage',
    plays: [
      {
        title: 'Grand River, 15 min',
        data: 'usgs-river-stage/04119000_00065_iv.tsv',
        rules: [{ file: 'river-rise', what: 'rise of 0.5 m/h' }],
      },
      {
        title: 'Tioughnioga, 30 min',
        data: 'usgs-river-stage/01511500_00060_iv.tsv',
        rules: [{ file: 'flow-rise', what: 'rise of 30 m³/s/h' }],
      },
    ],
    beside: [],
    remarks: [
      'The sources tell of no flood: these are tests for quiet. Reservoir noise and the steps of a dam gate must not raise anything.',
      'The one warning of Tioughnioga came on the evening before the highest discharge of the ten years (2003-12-12). Whether that flooded anybody the source does not say, so it counts as false.',
    ],
  },
  {
    title: 'Lisle 2005, a flood hydrograph that its author scaled (synthetic)',
    truth: null,
    plays: [
      {
        title: 'Lisle, 30 min',
        data: 'usgs-river-stage/lisle_event.csv',
        rules: [{ file: 'flow-rise', what: 'rise of 30 m³/s/h' }],
      },
    ],
    beside: [],
    remarks: ['There is no truth to score it against; the row says when a warning would have come.'],
  },
];
