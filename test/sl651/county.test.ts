/** Stations in a county's files: what is bound, and what is told when an element does not fit. */
import { describe, expect, test } from 'vitest';
import { checkCounty } from '#cli/load/county.ts';
import { formatLint } from '#model/result.ts';
import { edited, shippedProfiles } from '#test/county/shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const EDGE = `    origin: simulated
    buses:
      # RS-485, 9600 8N1
`;
const LINKS = `    origin: simulated
    links:
      - id: hydro
        protocol: sl651
        kind: tcp-listen
        host: 127.0.0.1
        port: 9065
        stations:
          - { station: "45109901EA", centre: 1, password: "1234", report: 1h }
    buses:
      # RS-485, 9600 8N1
`;
const GAUGE = 'device: { edge: edge-shiqiao, bus: shiqiao-a, unit: 1, register: accumulated }';

function checked(device: string) {
  const files = new Map(edited('edges.yaml', EDGE, LINKS));
  const points = (files.get('points.yaml') ?? '').replace(GAUGE, `device: ${device}`);
  const { lints, county } = checkCounty(files.set('points.yaml', points), NOW, shippedProfiles());
  return { lints: lints.filter(({ severity }) => severity === 'error').map(formatLint), county };
}

describe('a sensor that a station reports', () => {
  test('is bound to its element', () => {
    const { lints, county } = checked('{ edge: edge-shiqiao, link: hydro, station: "45109901EA", element: "26" }');
    expect(lints).toEqual([]);
    const [station] = county?.registry.edges.get('edge-shiqiao')?.links[0]?.stations ?? [];
    expect(station).toMatchObject({ station: '45109901EA', sensors: [{ element: '26' }] });
  });

  test('must have the quantity of its element', () => {
    const { lints } = checked('{ edge: edge-shiqiao, link: hydro, station: "45109901EA", element: "39" }');
    expect(lints.join()).toContain('element "39" measures level, not rain');
  });

  test('must name an element that there is', () => {
    const { lints } = checked('{ edge: edge-shiqiao, link: hydro, station: "45109901EA", element: "99" }');
    expect(lints.join()).toContain('sl651 has no element "99"');
  });
});
