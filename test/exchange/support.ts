/** Random alerts and warnings for tests of what is exchanged, and the folder of standards beside the project. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { sampleRegistry, T0 } from '#alerts/testing/sample.ts';
import type { Alert } from '#model/alert.ts';
import { type Grid, HAZARDS, type Registry } from '#model/registry.ts';
import type { Warning } from '#model/warning.ts';

const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
export const VECTORS = `${shared}/vectors/cap`;
export const hasVectors = existsSync(`${VECTORS}/CAP-v1.2.xsd`);

const square = (west: number, south: number, size: number): Grid['boundary'] => [
  [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ],
];

/** The sample county with boundaries: two townships side by side, two villages in the first, one in the second. */
export function mappedRegistry(base: Registry = sampleRegistry()): Registry {
  const boundaries: { readonly [code: string]: Grid['boundary'] } = {
    '331004': [
      [
        [106, 24],
        [108, 24],
        [108, 25],
        [106, 25],
        [106, 24],
      ],
    ],
    '331004001': square(106, 24, 1),
    '331004002': square(107, 24, 1),
    '331004001001': [
      [
        [106, 24],
        [107, 24],
        [107, 24.5],
        [106, 24.5],
        [106, 24],
      ],
    ],
    '331004001002': [
      [
        [106, 24.5],
        [107, 24.5],
        [107, 25],
        [106, 25],
        [106, 24.5],
      ],
    ],
    '331004002001': square(107, 24, 1),
  };
  const grids = [...base.grids.values()].map((grid): Grid => ({ ...grid, boundary: boundaries[grid.code] ?? [] }));
  return { ...base, grids: new Map(grids.map((grid) => [grid.code, grid])) };
}

/** Letters that XML, CAP and people's files hold in store. */
const nasty = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      ']]>',
      '\u0000',
      '\ud800',
      '\r',
      '\n',
      '中',
      '🌊',
      'a',
      ' ',
      ',',
      '\u0085',
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((parts) => `x${parts.join('')}`);
const text = fc.record({ zh: nasty, en: nasty });
const level = fc.constantFrom('blue', 'yellow', 'orange', 'red');
const GRIDS = ['331004', '331004001', '331004002', '331004001001', '331004002001', '331004001001-G1'];

export const randomAlert: fc.Arbitrary<Alert> = fc
  .record({
    hazard: fc.constantFrom(...HAZARDS, 'other', 'unanswered'),
    origin: fc.constantFrom('live', 'drill', 'simulated', 'replay'),
    level,
    reason: text,
    area: fc.option(fc.uniqueArray(fc.constantFrom(...GRIDS), { minLength: 1 }), { nil: null }),
    levels: fc.array(fc.constantFrom('none', 'blue', 'yellow', 'orange', 'red'), { minLength: 6, maxLength: 6 }),
    ended: fc.boolean(),
  })
  .map(({ hazard, origin, level, reason, area, levels, ended }) => ({
    id: 'a1',
    subject: area === null ? { kind: 'point', id: 'P1' } : { kind: 'area', id: 'w1' },
    hazard: hazard as Alert['hazard'],
    origin: origin as Alert['origin'],
    gridCode: area === null ? '331004001001' : '331004',
    level: level as Alert['level'],
    lifecycle: ended ? 'closed' : 'raised',
    condition: ended ? 'cleared' : 'active',
    shelvedUntilMs: null,
    raisedAtMs: T0,
    round: 1,
    acknowledged: null,
    closedAtMs: null,
    recipients: [],
    conditions: [
      {
        key: 'k',
        rule: area === null ? 'crack@1' : 'warning@typed',
        level: level as Alert['level'],
        state: 'active',
        sinceMs: T0,
        reason,
        evidence: {
          sensorId: null,
          quantity: null,
          measure: 'value',
          windowMs: null,
          value: null,
          limit: null,
          limits: [],
          coverage: null,
        },
      },
    ],
    ...(area === null
      ? {}
      : {
          areas: area.map((gridCode, at) => ({
            gridCode,
            level: levels[at] as Alert['level'],
            sinceMs: T0,
          })),
        }),
    version: 1,
  }));

export const randomWarning: fc.Arbitrary<Warning> = fc
  .record({
    headline: text,
    description: text,
    instruction: text,
    onset: fc.boolean(),
    length: fc.integer({ min: -10, max: 1e6 }),
  })
  .map(({ headline, description, instruction, onset, length }) => ({
    id: 'w1',
    source: 'typed',
    message: null,
    origin: 'live',
    hazard: 'rainstorm',
    headline,
    description,
    instruction,
    issuedBy: 'c-disp',
    issuedAtMs: T0,
    onsetMs: onset ? T0 + 3_600_000 : null,
    expiresAtMs: T0 + length * 1_000,
    areas: [],
    polygons: [],
    state: 'inForce',
  }));
